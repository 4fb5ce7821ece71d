import { bareFacts, diagnose } from '#diagnosis/diagnose.ts';
import { engineOf } from '#engines/index.ts';
import type { Cause, DiagnosisFacts } from '#model/cause.ts';
import type { RefusedWrites } from '#model/subject.ts';
import { alternatives } from '#std/alternatives.ts';
import type { Bench } from './bench.ts';
import { loggedBetween, markLogs } from './disturbances.ts';
import { refusedWrites, writesRefused } from './refused-writes.ts';
import { closingSourceLog } from './source-log.ts';

/** What is looked at behind the last step of a mode: what the pipeline did to its source, whatever its sinks show. */
export interface Closing {
  /** A publication's doing in place of the error that it led to. */
  causeOf(error: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Begins to look; `own` for somebody's own pipeline, whose writers are theirs. */
export async function openClosing(bench: Bench, own: boolean): Promise<Closing> {
  const { name: mode, pipeline, stack, signal, emit, circumstances } = bench;
  const { source } = engineOf(pipeline.source);
  const node = stack.nodes.get('source');
  const nodes = node === undefined ? [] : [node];
  const from = markLogs(nodes);
  const before = await source.logBytes(pipeline.source);
  const causesOf = (facts: Partial<DiagnosisFacts>): Cause[] =>
    diagnose({ ...bareFacts(mode), sources: circumstances.design?.connectors ?? [], ...facts });

  const refusals = async (): Promise<readonly Cause[]> => {
    const lines = nodes.map((one) => loggedBetween(one, from, markLogs(nodes))).join('');
    const refused: readonly RefusedWrites[] = await refusedWrites(pipeline.source, lines);
    if (refused.length === 0) return [];
    const causes = causesOf({ refused });
    emit({ type: 'writes-refused', mode, refused, causes });
    return causes;
  };
  const warn = (causes: readonly Cause[]): void => {
    for (const { says, remedy } of causes)
      emit({ type: 'note', level: 'warn', text: `${mode}: ${says} To fix it: ${alternatives(remedy)}.` });
  };
  return {
    async causeOf(error) {
      if (!own || signal.aborted) return error;
      const causes = await refusals().catch(() => []);
      return causes.length === 0 ? error : writesRefused(causes, error);
    },
    async close() {
      if (own) warn(await refusals());
      // Before the connector is stopped: its own slots are then read by nobody.
      const state = await source.state(pipeline.source, circumstances.before).catch(() => undefined);
      // The pipeline is judged: what it says of its source's log must not take that away.
      const sourceLog = await closingSourceLog(pipeline, before, signal).catch(() => undefined);
      if (sourceLog === undefined) return;
      const causes = causesOf({ sourceLog, ...(state === undefined ? {} : { source: state }) });
      emit({ type: 'source-log', mode, ...sourceLog, causes });
      warn(causes);
    },
  };
}
