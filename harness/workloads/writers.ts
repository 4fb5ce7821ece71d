import { setTimeout as delay } from 'node:timers/promises';
import type { Change, RawSql } from '#model/change.ts';
import type { Writers } from '#model/fault.ts';
import type { Operation, Outcome } from '#model/operation.ts';
import type { Generator, RowRef, Transaction, WriterSession } from '#model/workload.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { type LedgerWriter, rowName } from './ledger.ts';

export interface WriterOptions {
  /** A session of the source's engine; each is used by one transaction at a time. */
  readonly sessions: readonly WriterSession[];
  readonly generator: Generator;
  readonly ledger: LedgerWriter;
  /** Transactions per second. Open loop: a slow source is not written to less, its transactions queue. */
  readonly rate: number;
}

export interface RunningWriters extends Writers, AsyncDisposable {
  /** Starts writing, and goes on behind where it stood; harmless when it writes already. */
  resume(): void;
  /**
   * Makes nothing more once the operation of that number has been made, or so many more transactions, until
   * {@link resume}. Several may be said ahead.
   */
  stand(at: Stand): void;
  /** It stands, and all it has made has ended. */
  readonly stands: boolean;
  /** Transactions per second that are aimed at; may be changed while they write. */
  rate: number;
  /**
   * The first error that was not on purpose, if there was one. One after which nothing can be written any more is thrown
   * by {@link committed} and {@link stands}, so that nobody waits for what will not come.
   */
  readonly failure: string | undefined;
  /** Transactions that the server refused, by its words. */
  readonly refusals: ReadonlyMap<string, number>;
}

type Stand = { readonly operation: number } | { readonly transactions: number };

/**
 * Seconds of transactions that may wait for a session or a row. A source that is slower than the writers for longer gets
 * fewer: else the queue would grow without end, and whatever is submitted next would wait behind it.
 */
const QUEUE_S_MAX = 2;
/** Of a rate that no source can take, two seconds' worth would fill the memory. */
const QUEUE_MAX = 1000;
const TICK_MS = 5;
/** Ways of refusing that are told apart. */
const REFUSALS_MAX = 20;
/** Making transactions goes no longer at a stretch: whatever else this process does must get its turn. */
const SLICE_MS = 4;
/** A tick that comes so late shows that this process has no time left. */
const LATE_MS = 25;
/** Transactions per second that any machine has time for: up to here it is others that keep this process waiting. */
const UNPACED = 300;

/**
 * Continuous writers over a few sessions. Transactions that touch a common row run in the order in which they were
 * generated, all others side by side, so that one seed always leads to one final state.
 */
export function openWriters(options: WriterOptions): RunningWriters {
  const { generator, ledger } = options;
  let rate = options.rate;
  const idle = [...options.sessions];
  const waiting: ((session: WriterSession) => void)[] = [];
  /** For each row the end of the last transaction that touches it. */
  const tails = new Map<string, Promise<void>>();
  const underWay = new Set<Promise<void>>();
  let committed = 0;
  let made = 0;
  let transactionsMade = 0;
  let stands: (() => boolean)[] = [];
  const standing = (): boolean => stands.some((reached) => reached());
  let failure: string | undefined;
  const refusals = new Map<string, number>();
  /** Why nothing can be written any more. */
  let over: OperatorError | undefined;
  let loop: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  const acquire = (): Promise<WriterSession> | WriterSession =>
    idle.pop() ?? new Promise<WriterSession>((resolve) => waiting.push(resolve));
  const release = (session: WriterSession): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(session);
    else next(session);
  };

  const carryOut = async (transaction: Transaction, rows: readonly RowRef[], first: number): Promise<void> => {
    const session = await acquire();
    ledger.begin(rows);
    const operations: Omit<Operation, 'seq'>[] = [];
    const end = (txn: string, outcome: Outcome, position?: string): void => {
      const at = Date.now();
      for (const statement of transaction.statements)
        for (const { table, key, kind } of statement.writes)
          operations.push({
            ...{ number: first + operations.length, txn, table, key, kind, outcome },
            ...(position === undefined ? {} : { position }),
            at,
          });
      ledger.end(rows, operations);
    };
    let txn = '';
    let committing = false;
    try {
      txn = (await session.begin()) ?? '';
      for (const statement of transaction.statements) {
        const rows = await session.run(statement);
        // A row that is not there after all was not written: the ledger must not say so.
        if (rows === 0 && statement.writes.length === 1) throw new Error(`${nameOf(statement)} wrote no row`);
      }
      if (transaction.rollback === true) {
        await session.rollback();
        end(txn, 'failed');
        generator.failed?.(transaction);
      } else {
        committing = true;
        const { transaction: known = txn, position } = await session.commit();
        committed++;
        end(known, 'ok', position);
      }
    } catch (error) {
      failure ??= messageOf(error);
      if (isRefusal(error) && (refusals.has(error.message) || refusals.size < REFUSALS_MAX))
        refusals.set(error.message, (refusals.get(error.message) ?? 0) + 1);
      await session.rollback();
      // Once COMMIT was sent, a broken connection leaves it open whether it took effect.
      end(txn, committing ? 'indeterminate' : 'failed');
      if (!committing) generator.failed?.(transaction, messageOf(error));
    } finally {
      release(session);
    }
  };

  const submit = (transaction: Transaction): Promise<void> => {
    const written = new Map<string, RowRef>();
    const first = made + 1;
    for (const statement of transaction.statements) {
      made += statement.writes.length;
      for (const row of statement.writes) written.set(rowName(row), row);
    }
    const names = [...written.keys(), ...transaction.reads.map(rowName)];
    const before = names.flatMap((name) => tails.get(name) ?? []);
    const rows = [...written.values()];
    const done = (before.length === 0 ? Promise.resolve() : Promise.all(before)).then(() =>
      carryOut(transaction, rows, first),
    );
    for (const name of names) tails.set(name, done);
    underWay.add(done);
    const finish = (): void => {
      underWay.delete(done);
      for (const name of names) if (tails.get(name) === done) tails.delete(name);
    };
    return done.finally(finish);
  };

  const settle = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay);
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    let looked = performance.now();
    let due = 0;
    const pace = openPace();
    while (!signal.aborted) {
      const now = performance.now();
      due += ((now - looked) / 1000) * pace.allowed(rate, now - looked);
      looked = now;
      const queueMax = Math.min(QUEUE_MAX, Math.max(1, rate * QUEUE_S_MAX));
      for (; due >= 1 && underWay.size < queueMax && !standing() && performance.now() - now < SLICE_MS; due--) {
        const transaction = generator.next();
        transactionsMade++;
        void submit(transaction);
      }
      // A source that stands still must not fill the memory: what was due meanwhile is left out.
      if (underWay.size >= queueMax || standing() || performance.now() - now >= SLICE_MS) due = 0;
      await delay(TICK_MS, undefined, { signal }).catch(() => {});
    }
  };

  return {
    get committed() {
      if (over !== undefined) throw over;
      return committed;
    },
    get rate() {
      return rate;
    },
    set rate(wanted) {
      rate = wanted;
    },
    get failure() {
      return failure;
    },
    refusals,
    operations: ledger.operations,
    get made() {
      return made;
    },
    stand(at) {
      const transactions = 'transactions' in at ? transactionsMade + at.transactions : 0;
      stands.push('operation' in at ? () => made >= at.operation : () => transactionsMade >= transactions);
    },
    get stands() {
      if (over !== undefined) throw over;
      return underWay.size === 0 && standing();
    },
    resume() {
      stands = stands.filter((reached) => !reached());
      if (loop !== undefined) return;
      const stop = new AbortController();
      // Nobody waits for it: whoever asks how the writers get on is told.
      const ended = run(stop.signal).catch((error: unknown) => {
        over = asOperatorError(error);
        failure ??= over.message;
      });
      loop = { stop, ended };
    },
    async pause() {
      const running = loop;
      loop = undefined;
      running?.stop.abort();
      await running?.ended;
      await settle();
    },
    async backfill(rows, signal) {
      signal.throwIfAborted();
      // All at once, so that a later transaction on one of these rows waits for the one that inserts it.
      const transactions = generator.backfill(rows);
      await Promise.all(transactions.map(submit));
      if (failure !== undefined)
        throw new OperatorError({
          code: 'backfill-failed',
          message: `the backfill could not be written: ${failure}`,
          exit: 3,
        });
      return transactions.flatMap((one) => one.statements.flatMap((statement) => statement.writes)).length;
    },
    async truncate(table) {
      // Nothing may be on its way that inserts into the table: the generator takes its rows for gone at once.
      const writing = loop !== undefined;
      await this.pause();
      const transaction = generator.truncate?.(table);
      const [first, ...others] = transaction?.statements[0]?.writes ?? [];
      if (transaction !== undefined) await submit(transaction);
      if (writing) this.resume();
      if (first === undefined) return undefined;
      return { table: first.table, rows: 1 + others.length };
    },
    tell: (word) => generator.tell(word),
    async [Symbol.asyncDispose]() {
      await this.pause();
      await Promise.all(options.sessions.map((session) => session.close()));
    },
  };
}

function nameOf(statement: Change | RawSql): string {
  return 'sql' in statement ? statement.sql : `${statement.change} of ${statement.table.name}`;
}

/** A server's own error has the code of its kind: what a client makes of a broken connection has none of five letters. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as { readonly code?: unknown }).code));
}

/**
 * How much of the rate that is asked for this process has time for: halved when its ticks come late, and raised again
 * little by little. Without it a rate that no machine can write would leave no time for anything else.
 */
export function openPace(): { allowed(rate: number, sinceLastMs: number): number } {
  let most = Number.POSITIVE_INFINITY;
  return {
    allowed(rate, sinceLastMs) {
      const wasAllowed = Math.min(rate, most);
      if (sinceLastMs > TICK_MS + LATE_MS) most = Math.max(UNPACED, wasAllowed / 2);
      else if (most < rate) most *= 1.01;
      return Math.min(rate, most);
    },
  };
}

function asOperatorError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const message = `the writers cannot go on: ${messageOf(error)}`;
  return new OperatorError({ code: 'writers-ended', message, cause: error, exit: 3 });
}
