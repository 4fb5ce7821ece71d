import { expect, test } from 'vitest';
import type { Writers } from '#model/fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Pipeline } from '#model/pipeline.ts';
import type { RunEvent } from '#model/run-event.ts';
import { openMonitor } from './monitor.ts';

const verdict = { variant: 'upsert', verdict: 'PASS' } as unknown as VariantVerdict;

/** A monitor of a pipeline without variants; `check` is what its checks do, one after another. */
function monitorOf(check: () => Promise<readonly VariantVerdict[]>) {
  const events: string[] = [];
  const pipeline = {
    variants: new Map(),
    log: { endOffsets: async () => new Map() },
    source: { engine: 'postgres', query: () => Promise.reject(new Error('away')) },
  } as unknown as Pipeline;
  const emit = ((event: RunEvent) => void events.push(event.type)) as Parameters<typeof openMonitor>[0]['emit'];
  const monitor = openMonitor({ mode: 'm', pipeline, writers: { committed: 0 } as Writers, emit, check });
  return { monitor, events };
}

test('a look is a check that begins after it was asked for', async () => {
  const started: PromiseWithResolvers<readonly VariantVerdict[]>[] = [];
  const { monitor } = monitorOf(() => {
    const one = Promise.withResolvers<readonly VariantVerdict[]>();
    started.push(one);
    return one.promise;
  });
  await expect.poll(() => started.length).toBe(1);
  const look = monitor.look();
  started[0]?.resolve([]);
  await expect.poll(() => started.length, { timeout: 5000 }).toBe(2);
  started[1]?.resolve([verdict]);
  expect(await look).toEqual([verdict]);
  await monitor[Symbol.asyncDispose]();
});

test('a look shows nothing where the check fails, or the monitor has ended', async () => {
  const { monitor, events } = monitorOf(() => Promise.reject(new Error('a node is down')));
  expect(await monitor.look()).toEqual([]);
  expect(events).toContain('note');
  const last = monitor.look();
  await monitor[Symbol.asyncDispose]();
  expect([await last, await monitor.look()]).toEqual([[], []]);
});
