import type { Evidence, Fault, FaultContext } from '#model/fault.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import { capturedSince } from './captured.ts';
import { injection, orUndo, unaborted } from './injection.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';
import { type Asking, disturbedBy, registryNode, registryOf, startAgain } from './registry.ts';

export interface EmptyRegistryOptions {
  /**
   * Who starts again once it is empty. `source`: its schemas are registered again in another order, under numbers that older records have for others.
   * `consumers`: they come to records whose numbers it does not know.
   */
  readonly asking: Asking;
}

/** Records that are there in numbers that are lost, or in new ones. */
const RECORDS = 100;
const WRITTEN_LIMIT_MS = 60_000;

/**
 * The schema registry loses its schemas: it is stopped, emptied and started. It gives out numbers from 1 on again, while records
 * that were written before keep theirs.
 */
export function emptyRegistry({ asking }: EmptyRegistryOptions): Fault {
  return {
    kind: 'empty-registry',
    needs: ['registry', 'kill', 'restart'],
    disturbs: disturbedBy(asking),
    async inject(context) {
      const { stack, pipeline, holdMs, signal, hold, say } = context;
      const node = registryNode(stack);
      const schemas = registryOf(pipeline);
      const before = await numbered(schemas);
      const workers = asking === 'consumers' ? nodesOf(stack, 'connect-sink') : [];
      const back = async (): Promise<void> => {
        await node.start(unaborted(signal));
        if (!signal.aborted) await startAll(workers, signal);
      };
      return orUndo(back, async () => {
        await killAll(workers);
        // What consumers are behind by has the old numbers.
        if (asking === 'consumers') await capturedSince(context, RECORDS, 'records in numbers that will be lost');
        await node.stop();
        await stack.registry?.forget?.();
        await hold('the registry is being emptied', holdMs);
        await back();
        if (asking === 'source') {
          await exchangeNumbers(schemas, before);
          await writtenAnew(context);
        }
        say(`the registry was emptied: it had ${before.length} schemas`);
        return injection({ heal: async () => {}, evidence: () => lost(schemas, before) });
      });
    },
  };
}

/**
 * Registers the schemas again in another order, before the connector does: each key's number becomes another key's, each value's
 * another value's. Left to the order in which the connector comes to its tables, some may get the numbers that they had. Keys and
 * values exchange among themselves because a consumer has a converter for each, and neither remembers the other's numbers.
 */
async function exchangeNumbers(registry: SchemaRegistry, before: readonly Numbered[]): Promise<void> {
  for (const { subject, type, text } of exchanged(before)) await registry.register(subject, { type, text });
}

/** In the order of their old numbers, the schemas that get them. */
function exchanged(before: readonly Numbered[]): readonly Numbered[] {
  const keys = before.filter(isKey);
  const values = before.filter((one) => !isKey(one));
  const both = keys.length > 1 && values.length > 1;
  return before.map((one) => {
    const among = both ? (isKey(one) ? keys : values) : before;
    return among[(among.indexOf(one) + 1) % among.length] ?? one;
  });
}

function isKey({ subject }: Numbered): boolean {
  return subject.endsWith('-key');
}

/** Records of the log, by its ends: the verifier's own reader may not know their schemas yet. */
async function endOf({ pipeline: { log } }: Pick<FaultContext, 'pipeline'>): Promise<number> {
  return [...(await log.endOffsets()).values()].reduce((sum, end) => sum + Number(end), 0);
}

async function writtenAnew(context: FaultContext): Promise<void> {
  const from = await endOf(context);
  await startAgain(context, 'source');
  let written = 0;
  const enough = async (): Promise<boolean> => {
    written = (await endOf(context)) - from;
    return written >= RECORDS;
  };
  await context.until('records in numbers that were given anew', enough, {
    limitMs: WRITTEN_LIMIT_MS,
    saw: () => `${written} of ${RECORDS} records`,
  });
}

/** The newest schema of a subject. */
interface Numbered {
  readonly id: number;
  readonly subject: string;
  readonly type: string;
  readonly text: string;
}

/** By their numbers, the lowest first. */
async function numbered(registry: SchemaRegistry): Promise<readonly Numbered[]> {
  const found = await Promise.all(
    (await registry.subjects()).map(async (subject): Promise<readonly Numbered[]> => {
      const one = await registry.latest(subject);
      const schema = one && (await registry.schema(one.id));
      return one === undefined || schema === undefined ? [] : [{ ...one, subject, type: schema.type }];
    }),
  );
  return found.flat().sort((a, b) => a.id - b.id);
}

async function lost(registry: SchemaRegistry, before: readonly Numbered[]): Promise<Evidence> {
  const now = await Promise.all(before.map(({ id }) => registry.schema(id)));
  const missing = now.filter((found) => found === undefined).length;
  const anew = before.filter(({ text }, place) => {
    const found = now[place];
    return found !== undefined && found.text !== text;
  }).length;
  return {
    bit: missing + anew > 0,
    summary: `of ${before.length} schemas that the registry had, ${missing} are not there, and the numbers of ${anew} were given to others`,
    figures: { schemas_before: before.length, numbers_missing: missing, numbers_given_anew: anew },
  };
}
