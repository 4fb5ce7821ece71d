import type { Fault, FaultContext } from '#model/fault.ts';
import { splitPartition } from '#model/position.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import { OperatorError } from '#std/errors.ts';
import { flushOffsets } from './captured.ts';
import { injection, orUndo, unaborted } from './injection.ts';
import { failedWords, registryOf, untilFailed } from './registry.ts';
import { resumeCapture } from './stopped-capture.ts';

export interface RefuseSchemaOptions {
  /** The subject's compatibility mode is relaxed and the connector started again at the end. By default it stays failed. */
  readonly attended?: boolean | undefined;
}

/**
 * Somebody else's schema stands in the subject of the busiest topic, and the subject's compatibility mode is BACKWARD: the registry
 * refuses the connector's own schema (409) when the connector starts again and registers it.
 */
export function refuseSchema({ attended = false }: RefuseSchemaOptions): Fault {
  return {
    kind: 'refuse-schema',
    needs: ['registry'],
    disturbs: ['connect'],
    async inject(context) {
      const { pipeline, holdMs, signal, hold, say } = context;
      const registry = registryOf(pipeline);
      const subject = `${await busiestTopic(context)}-value`;
      const alien = likeNamed(await schemaOf(registry, subject));
      await flushOffsets(context);
      const relax = (): Promise<void> => registry.setCompatibility(subject, 'NONE', unaborted(signal));
      const undo = async (): Promise<void> => {
        await relax();
        await resumeCapture(context);
      };
      return orUndo(undo, async () => {
        await pipeline.capture.stop(signal);
        await registry.remove(subject);
        await registry.register(subject, { type: 'AVRO', text: alien });
        await registry.setCompatibility(subject, 'BACKWARD');
        await resumeCapture(context);
        const failed = await untilFailed(context, 'source');
        say(`the registry refuses the schema of ${subject}: ${failedWords(failed)}`);
        await hold('the registry refuses a schema', holdMs);
        return injection({
          async heal() {
            if (!attended) return;
            await relax();
            await pipeline.capture.restartFailed(signal);
          },
          evidence: () => ({
            bit: failed.length > 0,
            summary: `the schema registry refused the connector's schema of ${subject}, which is not compatible with the one there: ${failedWords(failed)}`,
            figures: { subject, connectors_failed: failed.length },
          }),
        });
      });
    },
  };
}

async function busiestTopic({ pipeline: { log } }: Pick<FaultContext, 'pipeline'>): Promise<string> {
  const records = new Map<string, bigint>();
  for (const [partition, end] of await log.endOffsets()) {
    const { topic } = splitPartition(partition);
    records.set(topic, (records.get(topic) ?? 0n) + end);
  }
  return [...records].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

async function schemaOf(registry: SchemaRegistry, subject: string): Promise<string> {
  const own = await registry.latest(subject);
  if (own !== undefined) return own.text;
  throw new OperatorError({
    code: 'subject-missing',
    message: `the schema registry has no subject ${subject}`,
    expected: 'a connector that registers its schemas under the names of their topics (TopicNameStrategy)',
    found: (await registry.subjects()).join(', ') || 'no subject',
    exit: 3,
  });
}

/** A schema of the same name with other fields. */
function likeNamed(text: string): string {
  const { name, namespace } = JSON.parse(text) as { readonly name: string; readonly namespace?: string };
  return JSON.stringify({ type: 'record', name, namespace, fields: [{ name: 'before', type: 'int' }] });
}
