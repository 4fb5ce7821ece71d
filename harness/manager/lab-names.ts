import type { End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** What stands for the live lab's Connect workers and its brokers in a pipeline's definition. */
export const LAB = 'lab';

const PLACE = /^lab:(source|sink)(?:\/([^\s/?#%${}]+))?$/;

/** A database of the live lab's servers by its name; without one it is the source that the lab's own writers write to. */
interface LabPlace {
  readonly end: End;
  readonly database: string | undefined;
}

/** Whether an address is that of a database of the live lab's. */
export function isLabPlace(address: string): boolean {
  return address.startsWith(`${LAB}:`);
}

/** Whether a list of servers is the name of the live lab. */
export function isLab(servers: readonly string[]): boolean {
  return servers.length === 1 && servers[0] === LAB;
}

/** The database that `lab:source/shop` names. Throws an OperatorError (`pipeline-invalid`) for a name that is none. */
export function labPlace(side: string, address: string, where = ''): LabPlace {
  const [, word, database] = PLACE.exec(address) ?? [];
  const end = word === 'source' || word === 'sink' ? word : undefined;
  if (end !== undefined && (database !== undefined || (end === 'source' && side === 'source')))
    return { end, database };
  throw new OperatorError({
    code: 'pipeline-invalid',
    message: `${where}${side}: which database of the live lab's?`,
    expected:
      side === 'source'
        ? "lab:source, which is the lab's own, or lab:source/DATABASE, lab:sink/DATABASE"
        : 'lab:sink/DATABASE or lab:source/DATABASE, with a database that is there',
    found: address,
  });
}
