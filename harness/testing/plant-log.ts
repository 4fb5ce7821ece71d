import type { Column, TableId } from '#model/catalog.ts';
import type { ChangeEvent, EventOp, EventRow } from '#model/change-event.ts';
import type { Operation } from '#model/operation.ts';
import { topicPartition } from '#model/position.ts';
import { type Key, keyOf, type Row } from '#model/values.ts';
import { createLagClock } from '#verify/observe/lag-clock.ts';
import type { LedgerView } from '#verify/observe/ledger-view.ts';
import type { LogHistory } from '#verify/observe/log-history.ts';
import { createLogIndex } from '#verify/observe/log-index.ts';
import { createUndecodedLog, type UndecodedLog } from '#verify/observe/undecoded.ts';

interface Appended {
  readonly table: TableId;
  readonly op: EventOp;
  readonly lsn: bigint;
  readonly txn: string;
  readonly key: Row;
  readonly before?: Row | undefined;
  readonly after: EventRow | undefined;
  readonly columns: readonly Pick<Column, 'name'>[];
}

/** What the verifier would know of a log that holds these events: the history it builds from records, without a broker. */
export interface MemoryLog extends LogHistory {
  readonly undecoded: UndecodedLog;
  append(event: Appended): ChangeEvent;
  /** All that was appended, in that order. */
  readonly events: readonly ChangeEvent[];
  /** The log's start moves up to `offset` in the table's only partition: what lies below is gone. */
  expire(table: TableId, offset: bigint): void;
  end(table: TableId): bigint;
}

export function memoryLog(): MemoryLog {
  const index = createLogIndex();
  const clock = createLagClock();
  const undecoded = createUndecodedLog();
  const starts = new Map<string, bigint>();
  const ends = new Map<string, bigint>();
  const events: ChangeEvent[] = [];
  return {
    events,
    get records() {
      return index.records;
    },
    get replayed() {
      return index.replayed;
    },
    get snapshotReads() {
      return index.snapshotReads;
    },
    get capturedLsn() {
      return index.capturedLsn;
    },
    get forgetful() {
      return index.forgetful;
    },
    append({ table, op, lsn, txn, key, before, after, columns }) {
      const partition = topicPartition(table, 0);
      const offset = ends.get(partition) ?? 0n;
      ends.set(partition, offset + 1n);
      const event: ChangeEvent = {
        topic: table,
        partition: 0,
        offset,
        timestampMs: Date.now(),
        table,
        op,
        key,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        columns: columns.map(({ name }) => ({ name, connectType: 'string', optional: true })),
        lsn,
        txn,
        snapshot: op === 'read',
        bytes: 100,
      };
      events.push(event);
      clock.note(partition, offset, event.timestampMs);
      index.add(event, keyOf(Object.keys(key), key));
      return event;
    },
    expire: (table, offset) => void starts.set(topicPartition(table, 0), offset),
    end: (table) => ends.get(topicPartition(table, 0)) ?? 0n,
    pause: () => () => {},
    position: () => ends,
    startOffsets: async () => new Map(starts),
    endOffsets: async () => new Map(ends),
    holds: index.holds,
    keyless: index.keyless,
    recordKey: index.recordKey,
    undecoded,
    lag: (applied, to) => clock.lag(applied, to),
    history: index.history,
    forget: (table, key) => index.forget(table, key),
    transactions: index.transactions,
    columnSince: index.columnSince,
    touched: index.touched,
    trouble: undefined,
    complete: () => true,
    caughtUp: () => true,
    awaitCaughtUp: async () => true,
  };
}

type Ended = Pick<Operation, 'txn' | 'table' | 'key' | 'kind'>;

export interface MemoryLedger extends LedgerView {
  /** An operation that is over at once. */
  record(operation: Ended): void;
  /** A transaction on these rows begins; the function returned ends it. */
  begin(rows: readonly { readonly table: TableId; readonly key: Key }[]): (operations: readonly Ended[]) => void;
}

export function memoryLedger(): MemoryLedger {
  const operations: Operation[] = [];
  const touches = new Map<string, { table: TableId; key: Key; busy: number; at: number }>();
  let clock = 0;
  const touch = ({ table, key }: { readonly table: TableId; readonly key: Key }, busy: number): void => {
    const known = touches.get(`${table} ${key}`) ?? { table, key, busy: 0, at: 0 };
    touches.set(`${table} ${key}`, { ...known, busy: known.busy + busy, at: clock });
  };
  const ledger: MemoryLedger = {
    operations,
    begin(rows) {
      clock++;
      for (const row of rows) touch(row, 1);
      return (ended) => {
        clock++;
        for (const row of rows) touch(row, -1);
        for (const one of ended) operations.push({ seq: operations.length + 1, outcome: 'ok', at: Date.now(), ...one });
      };
    },
    record: (operation) => ledger.begin([operation])([operation]),
    mark: () => clock,
    touchedSince(mark, table, key) {
      const known = touches.get(`${table} ${key}`);
      return known !== undefined && (known.busy > 0 || known.at > mark);
    },
    rowsTouchedSince: (mark) => [...touches.values()].filter(({ busy, at }) => busy > 0 || at > mark),
  };
  return ledger;
}
