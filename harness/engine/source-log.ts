import { engineOf } from '#engines/index.ts';
import { type SlotLag, type SourceLog, unboundedSlots } from '#model/source-log.ts';
import type { OpenedPipeline } from '#pipelines/open-pipeline.ts';
import { until } from '#std/wait.ts';
import { forgiving } from './drain.ts';

/** What it confirms on its way out it has confirmed by then. */
const SLOT_LIMIT_MS = 10_000;

/**
 * What becomes of the source's log. Offsets are held back while a pipeline runs, so what its connector could confirm shows
 * only when it is stopped in order: it confirms the position of its last record then. The pipeline is over when this
 * returns. `before` is {@link SourcePort.logBytes} when the writers began.
 */
export async function closingSourceLog(
  { source, capture }: Pick<OpenedPipeline, 'source' | 'capture'>,
  before: number,
  signal: AbortSignal,
): Promise<SourceLog> {
  const ran = (await capture.status()).state === 'running';
  const writtenBytes = (await engineOf(source).source.logBytes(source)) - before;
  await capture.stop(signal);
  let slots: readonly SlotLag[] = [];
  await forgiving(
    until(
      async () => {
        slots = await engineOf(source).source.slots(source);
        return slots.every(({ active }) => !active);
      },
      { what: 'the connector to leave its slot', limitMs: SLOT_LIMIT_MS, signal },
    ).then(() => {}),
  );
  return { slots, writtenBytes, unbounded: unboundedSlots(slots, writtenBytes, ran) };
}
