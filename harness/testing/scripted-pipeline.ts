import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { FaultContext } from '#model/fault.ts';
import type { Operation } from '#model/operation.ts';
import type { Binlog, Pipeline, Replicas, RunStatus, TaskPlace, Variant, VariantSpec } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import type { Node } from '#model/stack.ts';
import type { Row, Text } from '#model/values.ts';
import { OperatorError } from '#std/errors.ts';

interface ScriptedConsumer {
  readonly kind?: VariantSpec['kind'];
  readonly state?: RunStatus['state'];
  /** Has a process of its own, which can be killed. */
  readonly crashes?: boolean;
}

/** What is true of the servers at a moment; tests change it as time goes by. */
export interface ScriptedWorld {
  records: number;
  replayed: number;
  snapshotReads: number;
  /** Operations made and committed so far. */
  made: number;
  readonly operations: Operation[];
  /** Keys of rows whose last change the log shows. */
  readonly held: Set<string>;
  /** Of the one partition: offset of the oldest record, of the next, and up to which all consumers have read. */
  start: bigint;
  end: bigint;
  applied: bigint;
  /** How far the verifier's own reader has come. */
  read: bigint;
  tables: Table[];
  rowImage: 'full' | 'minimal' | 'noblob';
  /** What the source connector's worker says of it, and the trace of each consumer that has failed. */
  capture: RunStatus;
  readonly failed: Map<string, string>;
  /** Files of the binary log that each purge removes, and that it leaves. */
  purges: { removed: number; left: number }[];
  /** Captured changes that a cleanup removes. */
  cleanedUp: number;
  /** What a sink answers about the row of the smallest business time. */
  first: { readonly value: Text; readonly received: Text } | undefined;
  rows: Row[];
  /** Of the topics' partitions, and where connectors' tasks run. */
  replicas: Replicas[];
  tasks: TaskPlace[];
}

export interface ScriptOptions {
  /** By name; one of the lab's own appliers, unless others are named. */
  readonly consumers?: Readonly<Record<string, ScriptedConsumer>>;
  /** What becomes of the world between two looks at a condition that does not hold yet. */
  readonly onLook?: (world: ScriptedWorld) => void;
  /** A wait or a hold, by the beginning of what it says, in which the fault is aborted. */
  readonly abortIn?: string;
  /** Names of the servers that faults are done to; one worker of each group where they are left out. */
  readonly nodes?: readonly string[];
  /** A step, as it is noted, that fails instead. */
  readonly failing?: Readonly<Record<string, Error>>;
  readonly binlog?: false;
  readonly changeTables?: false;
  readonly truncates?: (table: TableId | undefined) => { readonly table: TableId; readonly rows: number } | undefined;
}

/** A pipeline without any server, for one fault. */
export interface ScriptedPipeline {
  readonly context: FaultContext;
  readonly world: ScriptedWorld;
  /** What was done, in order: to servers, with waits and holds among it. */
  readonly done: string[];
  readonly said: readonly string[];
  /** What the fault is aborted with. */
  readonly reason: Error;
  states(): Readonly<Record<string, RunStatus['state']>>;
}

export const ORDERS: Table = {
  schema: 'public',
  name: 'orders',
  columns: [{ name: 'id', type: 'bigint', nullable: false, generated: false }],
  key: ['id'],
};

/** How often a condition is asked before the wait is in vain. */
const LOOKS = 4;
const PARTITION = 'lab.orders/0';

/**
 * A pipeline that does what it is told, notes it, and changes only as a test says. What takes a signal refuses an aborted
 * one, as a server's client does.
 */
export function scriptPipeline(options: ScriptOptions = {}): ScriptedPipeline {
  const { failing = {} } = options;
  const world = newWorld();
  const done: string[] = [];
  const said: string[] = [];
  const reason = new Error('interrupted');
  const abort = new AbortController();
  const step = async (what: string, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    done.push(what);
    const failure = failing[what];
    if (failure !== undefined) throw failure;
  };
  const consumers = Object.entries(options.consumers ?? { dedup: {} }).map(([name, one]) =>
    scriptConsumer(name, one, world, step),
  );
  const node = (name: string): Partial<Node> => {
    let state: Node['state'] = 'running';
    const become = async (next: Node['state'], how: string, aborted?: AbortSignal): Promise<void> => {
      await step(`${name} ${how}`, aborted);
      state = next;
    };
    return {
      name,
      get state() {
        return state;
      },
      stop: () => become('stopped', 'stopped'),
      kill: () => become('killed', 'killed'),
      start: (aborted) => become('running', 'started', aborted),
      pause: () => become('paused', 'paused'),
      resume: () => become('running', 'resumed'),
    };
  };
  const interrupted = (what: string): void => {
    if (options.abortIn === undefined || !what.startsWith(options.abortIn)) return;
    abort.abort(reason);
    throw reason;
  };
  const context = {
    stack: { nodes: new Map((options.nodes ?? ['connect', 'connect-sink']).map((name) => [name, node(name)])) },
    pipeline: scriptedPipeline(
      world,
      consumers.map(({ variant }) => variant),
      step,
      options,
    ),
    writers: scriptedWriters(world, step, options),
    holdMs: 3000,
    signal: abort.signal,
    async until(what: string, condition: () => boolean | Promise<boolean>, { saw }: { saw?: () => string }) {
      done.push(`wait for ${what}`);
      interrupted(what);
      for (let look = 0; look < LOOKS; look++) {
        if (await condition()) return;
        options.onLook?.(world);
      }
      const found = saw?.();
      const message = `waited in vain for ${what}`;
      throw new OperatorError({ code: 'timed-out', message, ...(found === undefined ? {} : { found }) });
    },
    async hold(what: string, ms: number) {
      done.push(`hold for ${ms} ms: ${what}`);
      interrupted(what);
    },
    say: (text: string) => void said.push(text),
  } as unknown as FaultContext;
  const states = (): Record<string, RunStatus['state']> =>
    Object.fromEntries(consumers.map(({ variant, state }) => [variant.name, state()]));
  return { context, world, done, said, reason, states };
}

/** An operation on {@link ORDERS} that has been committed. */
export function order(id: number, kind: Operation['kind'] = 'update'): Operation {
  return { seq: id, txn: `t${id}`, table: tableId(ORDERS), key: JSON.stringify([`${id}`]), kind, outcome: 'ok', at: 0 };
}

type Step = (what: string, signal?: AbortSignal) => Promise<void>;

function newWorld(): ScriptedWorld {
  return {
    ...{ records: 100, replayed: 7, snapshotReads: 20, made: 50, operations: [], held: new Set() },
    ...{ start: 0n, end: 100n, applied: 100n, read: 100n, tables: [ORDERS], rowImage: 'full' },
    ...{ capture: { state: 'running' }, failed: new Map() },
    ...{ purges: [], cleanedUp: 0, first: undefined, rows: [] },
    ...{ replicas: [], tasks: [] },
  };
}

function scriptConsumer(
  name: string,
  { kind = 'builtin', state: first, crashes }: ScriptedConsumer,
  world: ScriptedWorld,
  step: Step,
) {
  let state: RunStatus['state'] = first ?? 'running';
  const become = (wanted: 'paused' | 'running') => async (): Promise<void> => {
    await step(`${name} ${wanted}`);
    if (state === 'failed') throw new OperatorError({ code: 'connector-failed', message: `${name} failed`, exit: 3 });
    state = wanted;
  };
  const variant = {
    ...{ name, spec: { kind, title: name }, jumps: [] },
    async status() {
      const error = world.failed.get(name);
      return error === undefined ? { state } : { state: 'failed' as const, error };
    },
    async restartFailed() {
      await step(`${name} started again`);
      world.failed.delete(name);
    },
    pause: become('paused'),
    resume: become('running'),
    ...(crashes === true ? { crash: () => step(`${name} killed`) } : {}),
    applied: async (): Promise<Offsets> => new Map([[PARTITION, world.applied]]),
    async copyIn(table: Table, rows: readonly Row[], position: bigint) {
      await step(`${name}: ${rows.length} rows into ${table.name} as read at ${position}`);
      return rows.length;
    },
  } as unknown as Variant;
  return { variant, state: () => state };
}

function scriptedPipeline(
  world: ScriptedWorld,
  variants: readonly Variant[],
  step: Step,
  { binlog, changeTables }: ScriptOptions,
): Partial<Pipeline> {
  return {
    variants: new Map(variants.map((one) => [one.name, one])),
    ...(binlog === false ? {} : { binlog: scriptedBinlog(world, step) }),
    ...(changeTables === false
      ? {}
      : {
          async cleanUpChanges(of) {
            await step(`changes of ${of} cleaned up`);
            return world.cleanedUp;
          },
        }),
    replication: {
      partitions: async () => world.replicas,
      assign: (replicas) => step(`kept by ${[...replicas].map(([name, all]) => `${name} ${all.join()}`).join('; ')}`),
      elect: (partitions) => step(`elections of ${partitions.join(', ')}`),
    },
    tasks: async () => world.tasks,
    tableId: (name) => (name.includes('.') ? name : `public.${name}`),
    tables: async () => world.tables,
    async addColumn(table, column) {
      await step(`column ${column.name} added to ${table}`);
      world.tables = world.tables.map((one) =>
        tableId(one) === table
          ? { ...one, columns: [...one.columns, { name: column.name, type: 'text', nullable: true, generated: false }] }
          : one,
      );
    },
    async alterColumn(table, change) {
      const [how, { name, kind }] =
        'drop' in change ? (['dropped', change.drop] as const) : (['altered', change.alter] as const);
      await step(`column ${name} of ${table} ${how}`);
      world.tables = world.tables.map((one) => {
        if (tableId(one) !== table) return one;
        const others = one.columns.filter((column) => column.name !== name);
        const altered = { name, type: JSON.stringify(kind), nullable: true, generated: false };
        return { ...one, columns: how === 'dropped' ? others : [...others, altered] };
      });
    },
    addColumnAtSink: (variant, table, column) => step(`${variant.name}: column ${column.name} added to ${table}`),
    routes: [{ table: tableId(ORDERS), topic: 'lab.orders' }],
    registry: {
      setCompatibility: (subject, mode, signal) => step(`${subject} ${mode}`, signal),
    } as SchemaRegistry,
    firstAtSink: async () => world.first,
    configureTopics: (config) =>
      step(
        `topics: ${
          Object.entries(config)
            .map((entry) => entry.join('='))
            .join(', ') || 'as the broker has them'
        }`,
      ),
    async jobRead(table, limit) {
      await step(`${limit} rows of ${table.name} read`);
      return { rows: world.rows, position: 9n };
    },
    capture: {
      ...{ name: 'source', status: async () => world.capture },
      async restartFailed(signal) {
        await step('capture started again', signal);
        world.capture = { state: 'running' };
      },
      restart: (signal) => step('capture restarted', signal),
      stop: (signal) => step('capture stopped', signal),
      resume: (signal) => step('capture resumed', signal),
      awaitRunning: (signal) => step('capture runs', signal),
      snapshotAgain: (tables, signal) => step(`capture reads ${tables.join(', ')} again`, signal),
    },
    log: {
      get records() {
        return world.records;
      },
      get replayed() {
        return world.replayed;
      },
      get snapshotReads() {
        return world.snapshotReads;
      },
      capturedLsn: undefined,
      pause() {
        void step('reader paused');
        return () => void step('reader goes on');
      },
      position: () => new Map([[PARTITION, world.read]]),
      startOffsets: async () => new Map([[PARTITION, world.start]]),
      endOffsets: async () => new Map([[PARTITION, world.end]]),
      holds: (_, key) => world.held.has(key),
      lag: (applied, ends) => {
        const records = Number((ends.get(PARTITION) ?? 0n) - (applied.get(PARTITION) ?? 0n));
        return { records, ms: records * 100 };
      },
    },
  };
}

function scriptedBinlog(world: ScriptedWorld, step: Step): Binlog {
  return {
    async rotate() {
      await step('binlog rotated');
      return 'bin.000009';
    },
    async purge(file) {
      await step(`binlog before ${file} purged`);
      return world.purges.shift() ?? { removed: 0, left: 1 };
    },
    async setRowImage(image) {
      await step(`row image ${image}`);
      const before = world.rowImage;
      world.rowImage = image;
      return before;
    },
    deleteHistory: () => step('schema history deleted'),
  };
}

function scriptedWriters(world: ScriptedWorld, step: Step, { truncates }: ScriptOptions): FaultContext['writers'] {
  return {
    get committed() {
      return world.made;
    },
    get made() {
      return world.made;
    },
    operations: world.operations,
    pause: () => step('writers paused'),
    resume: () => void step('writers go on'),
    async backfill(rows, signal) {
      await step(`${rows} rows inserted`, signal);
      world.records += rows;
      return rows;
    },
    ...(truncates === undefined ? {} : { truncate: async (table) => truncates(table) }),
    tell: (word) => void step(`writers told ${word}`),
  };
}
