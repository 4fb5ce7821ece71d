import { kafkaClient } from '#clients/kafka.ts';
import { engineOf, SOURCE_READERS } from '#engines/index.ts';
import type { Sink } from '#engines/port/sink.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '#log/decode.ts';
import type { ColumnTypes } from '#log/formats/column-types.ts';
import { type FormatReader, formatReader } from '#log/formats/reader.ts';
import type { Table, TableId } from '#model/catalog.ts';
import type { Database, RunStatus, VariantSpec } from '#model/pipeline.ts';
import type { Offsets, TopicRoute } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { Row } from '#model/values.ts';
import { copyIn } from './copy-in.ts';
import { deadLetters } from './dead-letters.ts';
import { type Feed, type Jump, openFeed } from './feed.ts';
import { type EventShape, eventFitting } from './fit-event.ts';
import { type Loop, type LoopOptions, startLoop } from './loop.ts';
import { recordsGone } from './records-gone.ts';
import { settingsOf } from './settings.ts';

export interface BuiltinApplierOptions {
  /** The variant's name, for errors. */
  readonly name: string;
  readonly brokers: readonly string[];
  readonly groupId: string;
  /** The topics to read; they must exist. */
  readonly routes: readonly TopicRoute[];
  readonly sink: Pick<Database, 'engine' | 'url'>;
  /** The same sink by another way, for who asks what has been applied while the applier's own way may be cut off. */
  readonly beside?: Pick<Database, 'engine' | 'url'>;
  readonly spec: VariantSpec;
  /** See `SourcePort.widePositions`. Default: false. */
  readonly widePositions?: boolean;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
  /** Says how columns are written of which records carry no schema. */
  readonly columns?: ColumnTypes | undefined;
  /** How it is to see the events of tables. */
  readonly shapes?: ReadonlyMap<TableId, EventShape>;
  /** Where to start, and to go on when the log no longer holds the position. Default true: at the oldest record. */
  readonly fromBeginning?: boolean;
  /** What happens where the log no longer holds the position. Default: it goes on behind the gap, and tells the jump. */
  readonly gaps?: 'jump' | 'stop';
  /** Told how many records have been applied, after each transaction. */
  readonly onApplied?: (records: number) => void;
  /** Called once, when the applier has failed and stopped. */
  readonly onError?: (error: unknown) => void;
  /** Aborted when servers may be gone: the applier still ends in order, and waits for none that is away. */
  readonly signal?: AbortSignal;
  /** Ms since the epoch; what `_cdc_received` is taken from. */
  readonly clock?: () => number;
}

/** A running applier: all that a `Variant` needs but its name. */
export interface BuiltinApplier extends AsyncDisposable {
  status(): Promise<RunStatus>;
  /** Resolves when nothing is being applied any more and nothing will be until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** What has provably been applied; for transactional modes, what the sink itself says. */
  applied(): Promise<Offsets>;
  readonly jumps: readonly Jump[];
  /** Records left out because they could not be applied (`errors`: skip, dlq). */
  readonly setAside: number;
  copyIn(table: Table, rows: readonly Row[], lsn: bigint): Promise<number>;
  /** Ends it in an orderly way. Twice is harmless. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 3000;

/** Starts an applier and resolves once it has joined its group and fetches. */
export async function startBuiltinApplier(options: BuiltinApplierOptions): Promise<BuiltinApplier> {
  const { groupId, spec } = options;
  const settings = settingsOf(spec);
  const clock = options.clock ?? Date.now;
  const abort = new AbortController();
  const over = options.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, options.signal]);
  const { sink, beside } = openSinks(options);
  const kafka = kafkaClient(options.brokers, groupId, options.signal);
  const dead = settings.errors === 'dlq' ? deadLetters(kafka, groupId) : undefined;
  const gaps = gapsOf(options, (error) => loop?.fail(error));
  const { formats, decode } = decoderOf(options);
  let setAside = 0;
  let loop: Loop | undefined;
  let feed: Feed | undefined;
  let ended: Promise<void> | undefined;

  const stop = (): Promise<void> => {
    ended ??= endInOrder(options.name, { abort, loop, feed, dead, sinks: [sink, beside] });
    return ended;
  };

  try {
    if (settings.transactional) await sink.prepare();
    feed = await openFeed({
      ...{ kafka, brokers: options.brokers, groupId },
      topics: options.routes.map((route) => route.topic),
      start: settings.transactional ? await sink.positions() : new Map(),
      fromBeginning: options.fromBeginning ?? true,
      bytesMax: settings.maxInFlightBytes,
      now: clock,
      signal: over,
      prepare: formats.prepare,
      onChunk: (chunk) => loop?.take(chunk),
      onJump: gaps.tell,
      onCrash: (error) => loop?.fail(error),
    });
    gaps.requireNone();
    loop = startLoop({
      feed,
      sink,
      positions: () => beside.positions(),
      settings,
      decode,
      waiting: () => formats.trouble,
      signal: abort.signal,
      async setAside(entry, reason) {
        setAside += 1;
        await dead?.send(entry, reason);
      },
      onFailed: (error) => options.onError?.(error),
      onApplied: (records) => options.onApplied?.(records),
    });
    await feed.run();
  } catch (error) {
    await stop();
    throw error;
  }
  const running = { loop, feed };

  return {
    status: async () => running.loop.status(),
    async pause() {
      running.feed.pause();
      await running.loop.pause();
    },
    async resume() {
      if (running.loop.status().state !== 'paused') return;
      running.loop.resume();
      running.feed.resume(running.loop.applied);
    },
    applied: () => running.loop.provablyApplied(),
    jumps: gaps.jumps,
    get setAside() {
      return setAside;
    },
    copyIn: (table, rows, lsn) => copyIn(sink, settings, clock(), { table, rows, lsn }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function openSinks({ sink, beside, groupId: consumer, widePositions = false }: BuiltinApplierOptions) {
  const open = ({ engine, url }: Pick<Database, 'engine' | 'url'>): Sink =>
    engineOf({ engine }).sink.open({ url, consumer, widePositions });
  const own = open(sink);
  return { sink: own, beside: beside === undefined ? own : open(beside) };
}

/** The jumps over what the log no longer holds, of which an applier may have to bear none. */
function gapsOf({ gaps }: Pick<BuiltinApplierOptions, 'gaps'>, fail: (error: unknown) => void) {
  const jumps: Jump[] = [];
  return {
    jumps,
    tell(jump: Jump): void {
      jumps.push(jump);
      if (gaps === 'stop') fail(recordsGone(jump));
    },
    requireNone(): void {
      const [first] = jumps;
      if (gaps === 'stop' && first !== undefined) throw recordsGone(first);
    },
  };
}

interface Decoder {
  readonly formats: Pick<FormatReader, 'prepare' | 'trouble'>;
  readonly decode: LoopOptions['decode'];
}

/** What makes an event of a record, as the applier is to see it. */
function decoderOf({ routes, shapes, registry, columns }: BuiltinApplierOptions): Decoder {
  const formats = formatReader(registry, columns, { topics: routes.map(({ topic }) => topic) });
  const tables = new Map(routes.map((route) => [route.topic, route.table]));
  const context = decodeContext(SOURCE_READERS, tables, undefined, formats);
  const fitting = shapes === undefined ? undefined : eventFitting(shapes);
  return {
    formats,
    decode(record) {
      const decoded = decodeChangeEvent(record, context);
      return fitting === undefined || decoded === undefined || isPoison(decoded) ? decoded : fitting(decoded);
    },
  };
}

interface Parts {
  readonly abort: AbortController;
  readonly loop: Loop | undefined;
  readonly feed: Feed | undefined;
  readonly dead: AsyncDisposable | undefined;
  readonly sinks: readonly AsyncDisposable[];
}

async function endInOrder(name: string, { abort, loop, feed, dead, sinks }: Parts): Promise<void> {
  // The batch in hand may wait for a sink that is away: it is given a moment, then cut off. Its offsets stay where
  // they are, so whoever comes next reads it again.
  const stopping = loop?.stop();
  const grace = setTimeout(() => abort.abort(new Error(`the applier ${name} was stopped`)), STOP_GRACE_MS);
  await stopping;
  clearTimeout(grace);
  abort.abort(new Error(`the applier ${name} was stopped`));
  await feed?.close();
  await dead?.[Symbol.asyncDispose]();
  for (const sink of new Set(sinks)) await sink[Symbol.asyncDispose]();
}
