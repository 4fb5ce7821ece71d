import { setTimeout } from 'node:timers/promises';
import type { SetUpDiagnosis } from '#model/set-up.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { type DiagnoseOptions, diagnosePipeline } from './diagnose/diagnose.ts';
import type { Here } from './here.ts';
import { loadOnSchedule, timetableOf } from './objects/periodic.ts';
import type { OnExisting, Pipeline } from './pipeline.ts';
import { type StartOptions, startPipeline } from './start.ts';
import type { HeldPipeline } from './state/hold.ts';
import type { Store } from './state/store.ts';
import { connectorsChange } from './status.ts';
import { forgetPipeline, removePipeline, stopPipeline } from './stop.ts';

/** Connections to each end that a load uses, unless somebody says otherwise. */
export const JOBS = 4;

/** How often the connectors of pipelines that run are asked how they are. */
const LOOK_EVERY_MS = 5000;

interface StartRequest {
  readonly onExisting?: OnExisting | undefined;
  readonly jobs?: number | undefined;
}

/** Works on pipelines for several who ask, one work at a time on each. Disposing ends what is under way and waits for it. */
export interface Desk extends AsyncDisposable {
  /**
   * Resolves when the start has begun. `up` resolves when the pipeline is up, and rejects as {@link startPipeline} throws, or with
   * `start-ended` where a stop or a delete ended it.
   */
  start(name: string, request: StartRequest): Promise<{ readonly up: Promise<Pipeline> }>;
  /** Ends a start of this desk's that is under way, and stops the connectors. */
  stop(name: string): Promise<Pipeline>;
  remove(name: string, options: { readonly forget: boolean }): Promise<void>;
  /** See {@link diagnosePipeline}. Whoever asks while one is under way gets the same: each costs connections to every server. */
  diagnose(name: string): Promise<SetUpDiagnosis>;
  /** Tells what is said of work on a pipeline, until the returned function is called. */
  hear(name: string, listener: (line: string) => void): () => void;
}

export function openDesk(store: Store, here: Here): Desk {
  const starts = new Map<string, { readonly controller: AbortController; readonly done: Promise<unknown> }>();
  const listeners = new Map<string, Set<(line: string) => void>>();
  const closing = new AbortController();
  const diagnoses = openDiagnoses(store, { ...here, signal: closing.signal });
  const say = (name: string) => (line: string) => {
    for (const listener of listeners.get(name) ?? []) listener(line);
  };
  const holding = async <T>(name: string, work: (held: HeldPipeline) => Promise<T>): Promise<T> => {
    await using held = await store.hold(name);
    return await work(held);
  };
  const ended = async (name: string): Promise<void> => {
    const start = starts.get(name);
    start?.controller.abort();
    await start?.done.catch(() => {});
  };
  const watching = watch(store, { ...here, signal: closing.signal, hold: holding });
  return {
    async start(name, { onExisting, jobs = JOBS }) {
      const held = await store.hold(name);
      const controller = new AbortController();
      const signal = AbortSignal.any([controller.signal, closing.signal]);
      const first = Promise.withResolvers<Pipeline>();
      const run = async (): Promise<void> => {
        const options = { ...here, onExisting, jobs, say: say(name), signal };
        try {
          const pipeline = await startAndRepeat(held, options, first.resolve).finally(() =>
            held[Symbol.asyncDispose](),
          );
          first.resolve({ ...pipeline, held: false });
        } catch (error) {
          first.reject(signal.aborted ? startEnded(name, error) : error);
        } finally {
          starts.delete(name);
        }
      };
      // Whoever does not wait for it reads why it failed in the pipeline's last_error.
      first.promise.catch(() => {});
      starts.set(name, { controller, done: run() });
      return { up: first.promise };
    },
    async stop(name) {
      await store.find(name);
      await ended(name);
      return holding(name, async (held) => {
        await stopPipeline(held, { ...here, say: say(name), signal: closing.signal });
        return held.read();
      });
    },
    async remove(name, { forget }) {
      await store.find(name);
      await ended(name);
      const remove = forget ? forgetPipeline : removePipeline;
      await holding(name, (held) => remove(held, { ...here, say: say(name), signal: closing.signal }));
    },
    diagnose: (name) => diagnoses.get(name),
    hear(name, listener) {
      const all = listeners.get(name) ?? new Set();
      listeners.set(name, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(name);
      };
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.allSettled([watching, diagnoses.ended(), ...[...starts.values()].map(({ done }) => done)]);
    },
  };
}

/**
 * Starts a pipeline. Where it works on in this process, be it that all is loaded again at times or that changes are written into
 * objects, tells when it is up, and ends with the signal.
 */
async function startAndRepeat(
  held: HeldPipeline,
  options: StartOptions,
  up: (pipeline: Pipeline) => void,
): Promise<Pipeline> {
  const pipeline = await held.read();
  const { objects } = pipeline.definition;
  const timetable = objects && timetableOf(objects, new Date());
  if (timetable === undefined) return startPipeline(held, { ...options, onUp: up });
  const load = async (): Promise<void> => up(await startPipeline(held, options));
  if (!timetable.startsAtOnce) up(pipeline);
  const told = {
    failed: (error: OperatorError) => options.say(explain(error)),
    waits: (until: Date) => options.say(`the next load is at ${until.toISOString()}`),
  };
  return loadOnSchedule(timetable, load, told, options.signal);
}

/** Diagnoses that are under way, by the pipeline's name. */
function openDiagnoses(store: Store, options: DiagnoseOptions) {
  const running = new Map<string, Promise<SetUpDiagnosis>>();
  return {
    async get(name: string): Promise<SetUpDiagnosis> {
      const pipeline = await store.find(name);
      const one = running.get(name) ?? diagnosePipeline(pipeline, options).finally(() => running.delete(name));
      running.set(name, one);
      return one;
    },
    ended: () => Promise.allSettled(running.values()),
  };
}

function startEnded(name: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: 'start-ended',
    message: `the start of the pipeline ${name} was ended before it was up`,
    expected: 'a start that nobody stops',
    found: messageOf(cause),
    hint: 'start goes on where it was',
    cause,
    exit: 1,
  });
}

interface Watching extends Here {
  readonly signal: AbortSignal;
  readonly hold: <T>(name: string, work: (held: HeldPipeline) => Promise<T>) => Promise<T>;
}

/**
 * Keeps what connectors say that fail, or run again, after their start. A pipeline is held only to write that down, so that nobody
 * else is refused meanwhile.
 */
async function watch(store: Store, watching: Watching): Promise<void> {
  const { signal } = watching;
  while (!signal.aborted) {
    await setTimeout(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    // The state's own server, or a Connect worker, may be away for a while: the next look finds it back.
    const pipelines = await store.list().catch(() => []);
    for (const pipeline of pipelines) if (!pipeline.held) await lookAt(pipeline, watching).catch(() => {});
  }
}

async function lookAt(pipeline: Pipeline, { hold, ...asking }: Watching): Promise<void> {
  const change = await connectorsChange(pipeline, asking);
  if (change === undefined) return;
  await hold(pipeline.definition.name, async (held) => {
    // Whoever has worked on it since knows better.
    if ((await held.read()).row.updated_at === pipeline.row.updated_at) await held.change(change);
  });
}
