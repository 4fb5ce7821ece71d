import type { Invariant } from '#model/invariant.ts';
import type { Stall, VariantVerdict } from '#model/observation.ts';
import type { Operation } from '#model/operation.ts';
import type { Pipeline, RunStatus } from '#model/pipeline.ts';
import { messageOf } from '#std/errors.ts';
import { unjudged } from '#verify/judge/judge-variant.ts';
import { continuousCheck } from '#verify/observe/continuous.ts';
import { finalCheck, type RecordFact } from '#verify/observe/final.ts';
import type { LedgerView } from '#verify/observe/ledger-view.ts';
import type { LogHistory } from '#verify/observe/log-history.ts';
import { createMemory } from '#verify/observe/memory.ts';
import { notePositions } from '#verify/observe/note-positions.ts';
import { placed } from '#verify/placed.ts';

export interface VerifierOptions {
  readonly pipeline: Pick<Pipeline, 'source' | 'tables' | 'variants' | 'capture'> & { readonly log: LogHistory };
  readonly ledger: LedgerView;
  readonly invariants?: readonly Invariant[];
  readonly signal?: AbortSignal;
}

/** Judges one pipeline again and again; what one check learns the next one knows. */
export interface Verifier {
  /** A sound check while writers write; see {@link continuousCheck}. Never throws but for an abort. */
  continuousCheck(): Promise<VariantVerdict[]>;
  /** See {@link notePositions}. */
  notePositions(): Promise<void>;
  /**
   * Takes rows that are gone for good out of memory, for a run that has no end: their last operation deleted them, and
   * log and sinks have shown it. Returns those that could be forgotten. A copy that comes back later is still found, as an
   * orphan: that it was deleted once is what is forgotten.
   */
  forget(rows: readonly Operation[]): readonly Operation[];
  /**
   * Compares everything, once the writers have stopped. `stuck`: variants that did not drain, where, and why. `record` is
   * handed all that the judgement is made from, as it is seen.
   */
  finalCheck(stuck: ReadonlyMap<string, Stall>, record?: RecordFact): Promise<VariantVerdict[]>;
}

export function openVerifier({ pipeline, ledger, invariants, signal }: VerifierOptions): Verifier {
  const subject = {
    pipeline,
    ledger,
    log: pipeline.log,
    memory: createMemory(),
    ...(invariants === undefined ? {} : { invariants }),
    ...(signal === undefined ? {} : { signal }),
  };
  return {
    async continuousCheck() {
      try {
        const verdicts = await continuousCheck({ ...subject, stalled: await failures(pipeline) });
        return verdicts.map((verdict) => placed(verdict, pipeline.source.engine));
      } catch (error) {
        signal?.throwIfAborted();
        // A check that crashed has judged nothing.
        return [...pipeline.variants.keys()].map((name) => unjudged(name, `not checked: ${messageOf(error)}`));
      }
    },
    notePositions: () => notePositions(subject),
    forget(rows) {
      const gone = rows.filter(
        ({ table, key, txn, kind, outcome }) =>
          kind === 'delete' &&
          outcome === 'ok' &&
          pipeline.log.holds(table, key, txn) &&
          subject.memory.forget(table, key),
      );
      for (const { table, key } of gone) pipeline.log.forget(table, key);
      return gone;
    },
    async finalCheck(stuck, record) {
      const capture = await captureFailure(pipeline);
      const stalled = new Map(await failures(pipeline));
      if (capture !== undefined)
        for (const [variant, stall] of stalled) stalled.set(variant, { ...stall, uncaptured: true });
      for (const [variant, stall] of stuck) if (!stalled.has(variant)) stalled.set(variant, capture ?? stall);
      return finalCheck({ ...subject, stalled, ...(record === undefined ? {} : { record }) });
    },
  };
}

/** Variants that say themselves that they have failed. */
async function failures({ variants }: VerifierOptions['pipeline']): Promise<ReadonlyMap<string, Stall>> {
  const found = new Map<string, Stall>();
  await Promise.all(
    [...variants.values()].map(async (variant) => {
      const status = await statusOf(variant);
      if (status?.state === 'failed')
        found.set(variant.name, { hop: 'log-to-sink', reason: status.error ?? 'the consumer has failed' });
    }),
  );
  return found;
}

async function captureFailure({ capture }: VerifierOptions['pipeline']): Promise<Stall | undefined> {
  const status = await statusOf(capture);
  if (status?.state !== 'failed') return undefined;
  return { hop: 'source-to-log', reason: status.error ?? 'the source connector has failed' };
}

/** A worker that does not answer may be down on purpose: that is no failure of the variant's. */
async function statusOf(of: { status(): Promise<RunStatus> }): Promise<RunStatus | undefined> {
  return of.status().catch(() => undefined);
}
