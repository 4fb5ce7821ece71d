import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { random } from '#std/random.ts';
import { plantedKeys } from './data.ts';

export interface LaggingReplica extends AsyncDisposable {
  /** Updates that have reached the target. */
  applied(): number;
}

interface Change {
  readonly key: number;
  readonly note: string;
  readonly updatedAt: string;
  readonly dueAt: number;
}

const TICK_MS = 20;

/** Updates random rows of the source, `rate` a second, and the same rows of the target `lagMs` later. */
export async function startLaggingReplica(
  source: string,
  target: string,
  { rows, rate, lagMs }: { readonly rows: number; readonly rate: number; readonly lagMs: number },
): Promise<LaggingReplica> {
  const clients = [source, target].map((connectionString) => new pg.Client({ connectionString }));
  await Promise.all(clients.map((client) => client.connect()));
  const [writer, applier] = clients as [pg.Client, pg.Client];
  const choice = random(1);
  const planted = plantedKeys(rows);
  const queue: Change[] = [];
  const stop = new AbortController();
  let applied = 0;
  let made = 0;
  const apply = (client: pg.Client, { key, note, updatedAt }: Change) =>
    client.query('UPDATE orders SET note = $2, updated_at = $3 WHERE id = $1', [key, note, updatedAt]);

  const loop = async () => {
    const started = performance.now();
    while (!stop.signal.aborted) {
      const due = Math.floor(((performance.now() - started) / 1000) * rate);
      for (; made < due; made++) {
        const key = choice.between(1, rows);
        if (planted.has(key)) continue;
        const change = {
          key,
          note: `update ${made}`,
          updatedAt: new Date().toISOString(),
          dueAt: performance.now() + lagMs,
        };
        await apply(writer, change);
        queue.push(change);
      }
      await delay(TICK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const follow = async () => {
    while (!stop.signal.aborted || queue.length > 0) {
      const [next] = queue;
      if (next === undefined || (next.dueAt > performance.now() && !stop.signal.aborted)) {
        await delay(TICK_MS, undefined, { signal: stop.signal }).catch(() => {});
        if (next === undefined && stop.signal.aborted) return;
        continue;
      }
      await apply(applier, next);
      queue.shift();
      applied++;
    }
  };
  const running = Promise.all([loop(), follow()]);
  return {
    applied: () => applied,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
