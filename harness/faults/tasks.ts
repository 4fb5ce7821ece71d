import type { FaultContext } from '#model/fault.ts';
import type { TaskPlace } from '#model/pipeline.ts';
import type { End, Node, NodeName } from '#model/stack.ts';
import { orUndo, unaborted } from './injection.ts';
import { nodesOf } from './nodes.ts';

const MOVED_LIMIT_MS = 120_000;

/** The group of workers of the connectors at an end. */
export function groupAt(end: End): NodeName {
  return end === 'source' ? 'connect' : 'connect-sink';
}

const CAPTURE_LIMIT_MS = 60_000;
/** Enough that a task has something in hand. */
const RECORDS = 100;

/**
 * Has the tasks at work, with something in hand that is not flushed. A source task is restarted first, which flushes its offsets: one
 * that never has knows no better than to begin with a snapshot, and what was deleted since the first one stays at the sinks.
 */
export async function atWork(
  { pipeline: { capture, log }, signal, until }: Pick<FaultContext, 'pipeline' | 'signal' | 'until'>,
  end: End,
): Promise<void> {
  if (end === 'source')
    await orUndo(
      () => capture.resume(unaborted(signal)).catch(() => {}),
      () => capture.restart(signal),
    );
  const from = log.records;
  await until('records to be captured', () => log.records - from >= RECORDS, {
    limitMs: CAPTURE_LIMIT_MS,
    saw: () => `${log.records - from} of ${RECORDS} records`,
  });
}

export interface Busiest {
  readonly worker: Node;
  /** Its tasks. */
  readonly tasks: readonly TaskPlace[];
}

/** The worker with most of the tasks; the first of several. */
export async function busiestWorker(
  { stack, pipeline }: Pick<FaultContext, 'stack' | 'pipeline'>,
  end: End,
): Promise<Busiest> {
  const tasks = await pipeline.tasks(end);
  const all = nodesOf(stack, groupAt(end)).map((worker) => ({
    worker,
    tasks: tasks.filter((task) => task.worker === worker.name),
  }));
  return all.reduce((most, one) => (one.tasks.length > most.tasks.length ? one : most));
}

/** Waits until other workers run all tasks. Those of `of`, as they run then. */
export async function tookOver(
  { pipeline, until }: Pick<FaultContext, 'pipeline' | 'until'>,
  end: End,
  { worker, tasks }: Busiest,
): Promise<readonly TaskPlace[]> {
  let now: readonly TaskPlace[] = [];
  const elsewhere = (): readonly TaskPlace[] => now.filter((one) => one.running && one.worker !== worker.name);
  const had = new Set(tasks.map(nameOf));
  await until(
    'other workers to run its tasks',
    async () => {
      now = await pipeline.tasks(end);
      const moved = new Set(elsewhere().map(nameOf));
      return had.isSubsetOf(moved);
    },
    { limitMs: MOVED_LIMIT_MS, saw: () => `${elsewhere().length} of ${now.length} tasks run on other workers` },
  );
  return elsewhere().filter((task) => had.has(nameOf(task)));
}

/** Waits until every task runs, on whichever worker. */
export async function allRun({ pipeline, until }: Pick<FaultContext, 'pipeline' | 'until'>, end: End): Promise<void> {
  let now: readonly TaskPlace[] = [];
  await until(
    'every task to run',
    async () => {
      now = await pipeline.tasks(end);
      return now.length > 0 && now.every(({ running }) => running);
    },
    {
      limitMs: MOVED_LIMIT_MS,
      saw: () => `${now.filter(({ running }) => running).length} of ${now.length} tasks`,
    },
  );
}

function nameOf({ connector, task }: TaskPlace): string {
  return `${connector}-${task}`;
}

/** `1 task`, `2 tasks`. */
export function countTasks(tasks: readonly TaskPlace[]): string {
  return `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`;
}
