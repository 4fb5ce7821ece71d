import fc from 'fast-check';
import { expect, test } from 'vitest';
import { topicPartition } from '#model/position.ts';
import { type LedgerWord, unsettled } from '#verify/judge/settled.ts';
import { createLogIndex } from './log-index.ts';

const TABLE = 'public.t';
const KEY = '["1"]';
const PARTITION = topicPartition('t', 0);

interface Change {
  readonly txn: string;
  readonly lsn: bigint;
  /** The row's value; undefined once it is deleted. */
  readonly value: string | undefined;
}

/**
 * One row and a pipeline without fault, in the smallest steps that matter, to be taken in any order. What the steps do is
 * at-least-once delivery as Debezium and consumers do it; what the verifier sees of it is what {@link look} reads.
 */
function model() {
  const index = createLogIndex();
  const captured: Change[] = [];
  const records: (string | undefined)[] = [];
  let source: string | undefined = 'v0';
  let open: Change[] | undefined;
  let word: LedgerWord | undefined;
  let committed = false;
  let clock = 0;
  let touchedAt = 0;
  let lsn = 100n;
  let txn = 0;
  let value = 0;
  let sent = 0;
  let sink: string | undefined;
  let written = 0;
  let position = 0;
  let looking:
    | Partial<{ mark: number; applied: number; source: string | undefined; sink: string | undefined }>
    | undefined;
  let judged = 0;

  const append = (
    op: 'read' | 'update' | 'delete',
    change: Pick<Change, 'lsn' | 'value'> & { readonly txn?: string },
  ) => {
    records.push(change.value);
    index.add(
      {
        topic: 't',
        partition: 0,
        offset: BigInt(records.length - 1),
        timestampMs: 0,
        table: TABLE,
        op,
        key: { id: '1' },
        ...(change.value === undefined ? {} : { after: { id: '1', value: change.value } }),
        columns: [],
        lsn: change.lsn,
        ...(change.txn === undefined ? {} : { txn: change.txn }),
        snapshot: op === 'read',
        bytes: 1,
      },
      KEY,
    );
  };

  const steps: Record<string, (chance: number) => void> = {
    begin() {
      if (open !== undefined) return;
      open = [];
      committed = false;
      touchedAt = ++clock;
      txn++;
    },
    change(chance) {
      if (open === undefined || committed) return;
      lsn += 8n;
      open.push({ txn: `t${txn}`, lsn, value: chance % 4 === 0 ? undefined : `v${++value}` });
    },
    commit() {
      if (open === undefined || committed) return;
      committed = true;
      captured.push(...open);
      if (open.length > 0) source = open.at(-1)?.value;
    },
    end() {
      if (open === undefined || !committed) return;
      touchedAt = ++clock;
      if (open.length > 0) word = { txn: `t${txn}`, kind: 'update', outcome: 'ok', changes: open.length, at: 0 };
      open = undefined;
    },
    send() {
      const change = captured[sent];
      if (change === undefined) return;
      append(change.value === undefined ? 'delete' : 'update', change);
      sent++;
    },
    // The connector's offsets were not flushed: it goes on from an earlier transaction.
    replay(chance) {
      sent = Math.max(0, sent - (chance % 5));
      while (sent > 0 && captured[sent]?.txn === captured[sent - 1]?.txn) sent--;
    },
    snapshot() {
      if (source !== undefined) append('read', { lsn: lsn + 1n, value: source });
    },
    write() {
      if (written >= records.length) return;
      sink = records[written++];
    },
    store() {
      position = written;
    },
    // The consumer dies and goes on from the position it had stored. A look that this falls into is left: a consumer that
    // dies and catches up between two readings of its position cannot be told from one that stood still. See confirm().
    restart() {
      written = position;
      looking = undefined;
    },
    look(chance) {
      looking ??= {};
      if (looking.mark === undefined) looking.mark = clock;
      else if (looking.applied === undefined) looking.applied = position;
      else if (!('source' in looking) && (chance % 2 === 0 || 'sink' in looking)) looking.source = source;
      else if (!('sink' in looking)) looking.sink = sink;
      else {
        const history = index.history(TABLE, KEY);
        const reason = unsettled({
          changing: open !== undefined || touchedAt > looking.mark,
          ...(word === undefined ? {} : { word }),
          ...(history === undefined ? {} : { log: history }),
          applied: new Map([[PARTITION, BigInt(Math.min(looking.applied, position))]]),
          atSource: looking.source !== undefined,
          logComplete: true,
        });
        if (reason === undefined) {
          judged++;
          expect(looking.sink).toBe(looking.source);
        }
        looking = undefined;
      }
    },
  };
  return {
    steps,
    judged: () => judged,
    start() {
      append('read', { lsn: 50n, value: source });
      sink = source;
      written = position = 1;
    },
  };
}

/** How often each step is taken, against the others. */
const WEIGHTS = {
  begin: 4,
  change: 4,
  commit: 4,
  end: 4,
  send: 8,
  replay: 1,
  snapshot: 1,
  write: 8,
  store: 6,
  restart: 1,
  look: 16,
};

const stepsTaken = (length: number) =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...Object.entries(WEIGHTS).flatMap(([name, weight]) => Array<string>(weight).fill(name))),
      fc.nat(100),
    ),
    { maxLength: length, size: 'max' },
  );

test('whatever happens when, a row that a sound pipeline carries is never settled with another value at the sink', () => {
  let judged = 0;
  fc.assert(
    fc.property(stepsTaken(300), (taken) => {
      const run = model();
      run.start();
      for (const [name, chance] of taken) run.steps[name]?.(chance);
      judged += run.judged();
    }),
    { numRuns: 3000 },
  );
  // Never to judge would be sound as well.
  expect(judged).toBeGreaterThan(300);
});

test('once everything has arrived, the row can be judged', () => {
  fc.assert(
    fc.property(stepsTaken(80), (taken) => {
      const run = model();
      run.start();
      for (const [name, chance] of taken) run.steps[name]?.(chance);
      for (const name of ['commit', 'end']) run.steps[name]?.(1);
      for (let step = 0; step < 200; step++) run.steps.send?.(0);
      for (let step = 0; step < 400; step++) run.steps.write?.(0);
      run.steps.store?.(0);
      const before = run.judged();
      for (let step = 0; step < 12; step++) run.steps.look?.(0);
      expect(run.judged()).toBeGreaterThan(before);
    }),
  );
});
