import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';

/**
 * What a lab's containers were made with and cannot be asked for: a lab that was kept goes on with it. It has passwords, so
 * that its user alone may read it.
 */
export interface ContainerRecord {
  /** The port of 127.0.0.1 of each node, and of each listener that is led to by a relay: `broker/CAPTURE`. */
  readonly ports: Readonly<Record<string, number>>;
  readonly passwords: { readonly source: string; readonly sink: string; readonly connect: string };
}

/** In a lab's folder: only those of this runtime have it. */
export function recordFile(lab: string): string {
  return join(lab, 'containers.json');
}

/** Chooses ports for what listens, and passwords. */
export async function newRecord(lab: string, listening: readonly string[]): Promise<ContainerRecord> {
  const taken = new Set<number>();
  const ports: Record<string, number> = {};
  for (const name of listening) [ports[name] = 0] = await freePorts(1, taken);
  // SQL Server wants letters of both cases, digits and something else.
  const password = () => `Aa1-${randomBytes(16).toString('hex')}`;
  const record = { ports, passwords: { source: password(), sink: password(), connect: password() } };
  writeFileSync(recordFile(lab), JSON.stringify(record), { mode: 0o600 });
  return record;
}

/** Throws an OperatorError (`kept-incomplete`) where a lab that was kept has none any more. */
export function readRecord(lab: string): ContainerRecord {
  try {
    return JSON.parse(readFileSync(recordFile(lab), 'utf8')) as ContainerRecord;
  } catch (cause) {
    throw keptIncomplete(recordFile(lab), cause);
  }
}

/** What a lab that was kept lacks. */
export function keptIncomplete(missing: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: 'kept-incomplete',
    message: 'the containers that the lab has kept are not complete any more',
    expected: missing,
    found: 'nothing that can be used',
    hint: 'npx driftlab clean removes what is left; npx driftlab up then starts a new lab',
    cause,
    exit: 3,
  });
}
