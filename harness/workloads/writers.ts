import { setTimeout as delay } from 'node:timers/promises';
import type { TableId } from '#model/catalog.ts';
import type { Writers } from '#model/fault.ts';
import type { Operation } from '#model/operation.ts';
import type { Generator, WriterSession } from '#model/workload.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { Carrier } from './carrier.ts';
import type { LedgerWriter } from './ledger.ts';
import { openPace, TICK_MS } from './pace.ts';
import { RowOrder } from './row-order.ts';

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
/** Making transactions goes no longer at a stretch: whatever else this process does must get its turn. */
const SLICE_MS = 4;

/**
 * Continuous writers over a few sessions. Transactions that touch a common row run in the order in which they were
 * generated, all others side by side, so that one seed always leads to one final state.
 */
export function openWriters(options: WriterOptions): RunningWriters {
  return new ContinuousWriters(options);
}

class ContinuousWriters implements RunningWriters {
  rate: number;
  readonly #options: WriterOptions;
  readonly #carrier: Carrier;
  readonly #order: RowOrder;
  #transactionsMade = 0;
  #stands: (() => boolean)[] = [];
  /** Why nothing can be written any more. */
  #over: OperatorError | undefined;
  #loop: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.rate = options.rate;
    const carrier = new Carrier(options);
    this.#carrier = carrier;
    this.#order = new RowOrder((numbered) => carrier.carryOut(numbered));
  }

  get committed(): number {
    if (this.#over !== undefined) throw this.#over;
    return this.#carrier.committed;
  }

  get made(): number {
    return this.#order.operations;
  }

  get operations(): readonly Operation[] {
    return this.#options.ledger.operations;
  }

  get failure(): string | undefined {
    return this.#carrier.failure;
  }

  get refusals(): ReadonlyMap<string, number> {
    return this.#carrier.refusals;
  }

  get stands(): boolean {
    if (this.#over !== undefined) throw this.#over;
    return this.#order.size === 0 && this.#standing;
  }

  get #standing(): boolean {
    return this.#stands.some((reached) => reached());
  }

  stand(at: Stand): void {
    const transactions = 'transactions' in at ? this.#transactionsMade + at.transactions : 0;
    this.#stands.push(
      'operation' in at ? () => this.made >= at.operation : () => this.#transactionsMade >= transactions,
    );
  }

  resume(): void {
    this.#stands = this.#stands.filter((reached) => !reached());
    if (this.#loop !== undefined) return;
    const stop = new AbortController();
    // Nobody waits for it: whoever asks how the writers get on is told.
    const ended = this.#write(stop.signal).catch((error: unknown) => {
      this.#over = asOperatorError(error);
      this.#carrier.failure ??= this.#over.message;
    });
    this.#loop = { stop, ended };
  }

  async pause(): Promise<void> {
    const running = this.#loop;
    this.#loop = undefined;
    running?.stop.abort();
    await running?.ended;
    await this.#order.settle();
  }

  async backfill(rows: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    // All at once, so that a later transaction on one of these rows waits for the one that inserts it.
    const transactions = this.#options.generator.backfill(rows);
    await Promise.all(transactions.map((transaction) => this.#order.submit(transaction)));
    if (this.failure !== undefined)
      throw new OperatorError({
        code: 'backfill-failed',
        message: `the backfill could not be written: ${this.failure}`,
        exit: 3,
      });
    return transactions.flatMap((one) => one.statements.flatMap((statement) => statement.writes)).length;
  }

  async truncate(table: TableId | undefined): ReturnType<NonNullable<Writers['truncate']>> {
    // Nothing may be on its way that inserts into the table: the generator takes its rows for gone at once.
    const writing = this.#loop !== undefined;
    await this.pause();
    const transaction = this.#options.generator.truncate?.(table);
    const [first, ...others] = transaction?.statements[0]?.writes ?? [];
    if (transaction !== undefined) await this.#order.submit(transaction);
    if (writing) this.resume();
    if (first === undefined) return undefined;
    return { table: first.table, rows: 1 + others.length };
  }

  tell(word: string): void {
    this.#options.generator.tell(word);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause();
    await Promise.all(this.#options.sessions.map((session) => session.close()));
  }

  async #write(signal: AbortSignal): Promise<void> {
    let looked = performance.now();
    let due = 0;
    const pace = openPace();
    while (!signal.aborted) {
      const now = performance.now();
      due += ((now - looked) / 1000) * pace.allowed(this.rate, now - looked);
      looked = now;
      const queueMax = Math.min(QUEUE_MAX, Math.max(1, this.rate * QUEUE_S_MAX));
      const full = (): boolean => this.#order.size >= queueMax || this.#standing || performance.now() - now >= SLICE_MS;
      for (; due >= 1 && !full(); due--) {
        const transaction = this.#options.generator.next();
        this.#transactionsMade++;
        void this.#order.submit(transaction);
      }
      // A source that stands still must not fill the memory: what was due meanwhile is left out.
      if (full()) due = 0;
      await delay(TICK_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function asOperatorError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const message = `the writers cannot go on: ${messageOf(error)}`;
  return new OperatorError({ code: 'writers-ended', message, cause: error, exit: 3 });
}
