import type { FaultContext } from '#model/fault.ts';
import type { TaskPlace } from '#model/pipeline.ts';
import type { End, Node, NodeName } from '#model/stack.ts';
import { capturedSince, flushOffsets } from './captured.ts';
import { nodesOf } from './nodes.ts';

const MOVED_LIMIT_MS = 120_000;

/** The group of workers of the connectors at an end. */
export function groupAt(end: End): NodeName {
  return end === 'source' ? 'connect' : 'connect-sink';
}

/** Enough that a task has something in hand. */
const RECORDS = 100;

/**
 * Has the tasks at work, with something in hand that is not flushed. A source task is restarted first, which flushes its offsets: one
 * that never has knows no better than to begin with a snapshot, and what was deleted since the first one stays at the sinks.
 */
export async function atWork(context: Pick<FaultContext, 'pipeline' | 'signal' | 'until'>, end: End): Promise<void> {
  if (end === 'source') await flushOffsets(context);
  await capturedSince(context, RECORDS, 'records to be captured');
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

/** Tasks that other workers have taken over. */
export interface Takeover {
  /** As they run there. */
  readonly tasks: readonly TaskPlace[];
  /** Where each runs, and who the others are, in words. */
  readonly where: string;
  readonly workers: string;
}

/** Waits until other workers run all tasks of one. */
export async function tookOver(
  { pipeline, until }: Pick<FaultContext, 'pipeline' | 'until'>,
  end: End,
  { worker, tasks }: Busiest,
): Promise<Takeover> {
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
  const moved = elsewhere().filter((task) => had.has(nameOf(task)));
  return {
    tasks: moved,
    where: moved.map((one) => `task ${one.task} of ${one.connector} runs on ${one.worker}`).join(', '),
    workers: [...new Set(moved.map((one) => one.worker))].join(', '),
  };
}

/** What was captured again meanwhile, as it stands at a sentence's end: a source's tasks alone capture. */
export function againWords(end: End, replayed: number): string {
  return end === 'source' ? `; ${replayed} events were captured a second time` : '';
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
