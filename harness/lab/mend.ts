import type { Bench } from '#engine/bench.ts';
import { messageOf } from '#std/errors.ts';
import { until } from '#std/wait.ts';

const LIMIT_MS = 60_000;

/**
 * Puts right whatever a fault may have left that did not come to its own heal: nodes that are down, consumers and a
 * connector that stand still, topics with a retention of their own. Says why it could not, undefined where it could.
 */
export async function mend(bench: Bench): Promise<string | undefined> {
  const { stack, pipeline } = bench;
  // Its own: what is broken is put right also when the lab is on its way down.
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    for (const node of stack.nodes.values()) {
      if (node.state === 'paused') await node.resume();
      else if (node.state !== 'running') await node.start(signal);
    }
    await pipeline.configureTopics({});
    for (const variant of pipeline.variants.values())
      if ((await variant.status()).state === 'paused') await variant.resume();
    await until(
      async () => {
        const { state } = await pipeline.capture.status();
        if (state === 'stopped' || state === 'paused') await pipeline.capture.resume(signal);
        return state === 'running';
      },
      { what: 'the source connector to run again', limitMs: LIMIT_MS, signal },
    );
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
