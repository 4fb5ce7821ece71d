import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectClient, failureOf } from '#clients/connect.ts';
import { OperatorError } from '#std/errors.ts';
import { connectorNames } from './connectors.ts';
import { openSourceStream, type StreamContext } from './source-stream.ts';
import type { StageContext } from './stage.ts';

const WATCH_EVERY_MS = 5000;

/** How often it is said how much was carried, at most. */
const SAY_EVERY_MS = 10_000;

type CarryContext = StreamContext & Pick<StageContext, 'held' | 'connectors' | 'onUp'>;

/** What carries changes in this process. Disposing ends it in order. */
interface Carrier extends AsyncDisposable {
  /** Rejects with the error that has ended it. */
  readonly ended: Promise<void>;
  /** Why it does not get on, while it tries again; undefined while it does. */
  trouble?(): Promise<string | undefined>;
}

interface Carrying {
  /** Where changes go, as the end of a sentence: `are written into …`. */
  readonly words: string;
  /** Opens what reads the tables' topics, which are in the tables' order; it tells how many changes it has written. */
  open(topics: readonly string[], onWritten: (changes: number) => void): Promise<Carrier>;
}

/**
 * Has the source connector go on at the load's position, and changes carried by this process from the topics on. Comes to an end only
 * with an error, or where it is interrupted: what is carried then has ended in order.
 */
export async function carryHere(context: CarryContext, { words, open }: Carrying): Promise<void> {
  const { held, say, signal, connectors, pipeline } = context;
  if (connectors === undefined) throw new Error('a pipeline with CDC has servers for it');
  const { source } = connectorNames(pipeline.mark);
  await held.change({ cdc_status: 'STARTING', debezium_connector_name: source });
  const stream = await openSourceStream(context, connectors);
  await stream.start();
  await stream.untilRead();
  const written = tally(say);
  const over = new AbortController();
  try {
    await using carrier = await open(stream.topics, written.add);
    await held.change({ status: 'RUNNING', cdc_status: 'RUNNING', last_error: null });
    say(`changes from LSN ${pipeline.row.full_load_lsn} on ${words}`);
    await context.onUp();
    signal.throwIfAborted();
    const watched = watch(context, { connect: connectors.source, name: source, carrier, signal: over.signal });
    await Promise.race([carrier.ended, watched, once(signal, 'abort')]);
  } finally {
    over.abort();
    written.tell();
    if (signal.aborted) await held.change({ cdc_status: 'STOPPED' });
  }
  signal.throwIfAborted();
}

interface Watched {
  readonly connect: ConnectClient;
  readonly name: string;
  readonly carrier: Carrier;
  readonly signal: AbortSignal;
}

/**
 * Rejects once the connector fails, in its own words, or once another manager may hold the pipeline. Workers that do not answer say
 * nothing of it.
 */
async function watch(
  { held, say }: Pick<CarryContext, 'held' | 'say'>,
  { connect, name, carrier, signal }: Watched,
): Promise<never> {
  let said: string | undefined;
  for (;;) {
    await delay(WATCH_EVERY_MS, undefined, { signal });
    await held.require();
    const status = await connect.status(name, signal).catch(() => undefined);
    const failed = status === undefined ? undefined : failureOf(status);
    if (failed !== undefined) {
      const message = `the connector ${name} failed: ${failed.error}`;
      throw new OperatorError({ code: 'connector-failed', message, found: failed.trace, exit: 1 });
    }
    const trouble = await carrier.trouble?.();
    if (trouble !== undefined && trouble !== said)
      say(`the target does not take changes, and is tried again: ${trouble}`);
    said = trouble;
  }
}

/** Says now and then how much was written since it was last said. */
function tally(say: (text: string) => void) {
  let changes = 0;
  let saidMs = performance.now();
  const tell = (): void => {
    if (changes > 0) say(`${changes} changes written`);
    [changes, saidMs] = [0, performance.now()];
  };
  return {
    add(more: number): void {
      changes += more;
      if (performance.now() - saidMs >= SAY_EVERY_MS) tell();
    },
    tell,
  };
}
