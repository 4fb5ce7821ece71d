import type { Evidence, Fault, FaultContext } from '#model/fault.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import { capturedSince } from './captured.ts';
import { injection, orUndo, unaborted } from './injection.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';
import { type Asking, disturbedBy, registryNode, registryOf, startAgain } from './registry.ts';

export interface EmptyRegistryOptions {
  /**
   * Who starts again once it is empty. `source`: it registers its schemas anew, under numbers that older records have for others.
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
          await takeFirstNumbers(schemas);
          await writtenAnew(context);
        }
        say(`the registry was emptied: it had ${before.size} schemas`);
        return injection({ heal: async () => {}, evidence: () => lost(schemas, before) });
      });
    },
  };
}

/** Schemas of somebody else, for a key and a value: without them a connector may register in its old order, under its old numbers. */
async function takeFirstNumbers(registry: SchemaRegistry): Promise<void> {
  for (const part of ['key', 'value']) {
    const text = JSON.stringify({ type: 'record', name: `first_${part}`, fields: [{ name: 'id', type: 'long' }] });
    await registry.register(`driftlab-first-${part}`, { type: 'AVRO', text });
  }
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

/** The newest schema of each subject by its number. */
async function numbered(registry: SchemaRegistry): Promise<ReadonlyMap<number, string>> {
  const found = await Promise.all((await registry.subjects()).map((subject) => registry.latest(subject)));
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.id, one.text] as const])));
}

async function lost(registry: SchemaRegistry, before: ReadonlyMap<number, string>): Promise<Evidence> {
  const now = await Promise.all([...before.keys()].map((id) => registry.schema(id)));
  const missing = now.filter((found) => found === undefined).length;
  const anew = [...before.values()].filter((text, place) => {
    const found = now[place];
    return found !== undefined && found.text !== text;
  }).length;
  return {
    bit: missing + anew > 0,
    summary: `of ${before.size} schemas that the registry had, ${missing} are not there, and the numbers of ${anew} were given to others`,
    figures: { schemas_before: before.size, numbers_missing: missing, numbers_given_anew: anew },
  };
}
