import type { Change, RawSql } from '#model/change.ts';
import { type Operation, type Outcome, UNKNOWN_TXN } from '#model/operation.ts';
import type { Generator, RowRef, Transaction, WriterSession, Written } from '#model/workload.ts';
import { messageOf } from '#std/errors.ts';
import type { LedgerWriter } from './ledger.ts';

/** Ways of refusing that are told apart. */
const REFUSALS_MAX = 20;

/** A transaction that has its number: that of its first operation. */
export interface Numbered {
  readonly transaction: Transaction;
  /** The rows that it writes, each once. */
  readonly rows: readonly RowRef[];
  readonly first: number;
}

interface CarrierParts {
  /** Each is used by one transaction at a time. */
  readonly sessions: readonly WriterSession[];
  readonly ledger: LedgerWriter;
  readonly generator: Pick<Generator, 'failed'>;
}

/** Carries transactions out, over a few sessions side by side, and enters in the ledger what happened to each. */
export class Carrier {
  committed = 0;
  /** The first error that was not on purpose. */
  failure: string | undefined;
  /** Transactions that the server refused, by its words. */
  readonly refusals = new Map<string, number>();
  readonly #parts: CarrierParts;
  readonly #idle: WriterSession[];
  readonly #waiting: ((session: WriterSession) => void)[] = [];

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.#idle = [...parts.sessions];
  }

  async carryOut(numbered: Numbered): Promise<void> {
    const session = await this.#acquire();
    this.#parts.ledger.begin(numbered.rows);
    const attempt: Attempt = { txn: UNKNOWN_TXN, committing: false, written: [] };
    try {
      await this.#attempt(session, numbered, attempt);
    } catch (error) {
      await this.#fail(session, numbered, attempt, error);
    } finally {
      this.#release(session);
    }
    if (attempt.named !== undefined) await this.#endNamed(numbered, attempt, attempt.named);
  }

  async #attempt(session: WriterSession, numbered: Numbered, attempt: Attempt): Promise<void> {
    const { transaction } = numbered;
    attempt.txn = (await session.begin()) ?? UNKNOWN_TXN;
    for (const statement of transaction.statements) {
      const written = await session.run(statement);
      attempt.written.push(written);
      // A row that is not there after all was not written: the ledger must not say so.
      if (written.found === 0 && statement.writes.length === 1) throw new Error(`${nameOf(statement)} wrote no row`);
    }
    if (transaction.rollback === true) {
      await session.rollback();
      this.#end(numbered, attempt, 'failed');
      this.#parts.generator.failed?.(transaction);
      return;
    }
    attempt.committing = true;
    const { transaction: known = attempt.txn, named } = await session.commit();
    this.committed++;
    if (named === undefined) this.#end(numbered, { ...attempt, txn: known }, 'ok');
    else attempt.named = named;
  }

  /** Others use the session meanwhile; a transaction on one of these rows waits, so that the ledger has a row's in their order. */
  async #endNamed(numbered: Numbered, attempt: Attempt, named: Promise<string>): Promise<void> {
    const txn = await named.catch((error: unknown) => {
      this.failure ??= messageOf(error);
      return UNKNOWN_TXN;
    });
    this.#end(numbered, { ...attempt, txn }, 'ok');
  }

  async #fail(session: WriterSession, numbered: Numbered, attempt: Attempt, error: unknown): Promise<void> {
    const { committing } = attempt;
    this.failure ??= messageOf(error);
    if (session.isRefusal(error)) this.#noteRefusal(error.message);
    await session.rollback();
    // Once COMMIT was sent, a broken connection leaves it open whether it took effect.
    this.#end(numbered, attempt, committing ? 'indeterminate' : 'failed');
    if (!committing) this.#parts.generator.failed?.(numbered.transaction, messageOf(error));
  }

  #noteRefusal(words: string): void {
    if (this.refusals.has(words) || this.refusals.size < REFUSALS_MAX)
      this.refusals.set(words, (this.refusals.get(words) ?? 0) + 1);
  }

  #end({ transaction, rows, first }: Numbered, { txn, written }: Attempt, outcome: Outcome): void {
    const at = Date.now();
    const operations: Omit<Operation, 'seq'>[] = [];
    let number = first;
    for (const [index, { writes }] of transaction.statements.entries()) {
      const own = outcomeOf(outcome, written[index]);
      for (const { table, key, kind } of writes) {
        if (own !== 'unchanged') operations.push({ number, txn, table, key, kind, outcome: own, at });
        number++;
      }
    }
    this.#parts.ledger.end(rows, operations);
  }

  #acquire(): Promise<WriterSession> | WriterSession {
    return this.#idle.pop() ?? new Promise<WriterSession>((resolve) => this.#waiting.push(resolve));
  }

  #release(session: WriterSession): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next(session);
  }
}

/** How far a transaction has come. */
interface Attempt {
  txn: string;
  /** COMMIT has been sent. */
  committing: boolean;
  /** It has committed, and its id is on its way. */
  named?: Promise<string>;
  readonly written: Written[];
}

const NOT_RUN: Written = { found: -1, changed: -1 };

/** What became of a statement's rows: of those that had the new values already the log will say nothing. */
function outcomeOf(outcome: Outcome, { found, changed }: Written = NOT_RUN): Outcome | 'unchanged' {
  if (outcome === 'failed' || changed < 0 || changed >= found) return outcome;
  // Which of several were left alone is not told.
  return changed === 0 ? 'unchanged' : 'indeterminate';
}

function nameOf(statement: Change | RawSql): string {
  return 'sql' in statement ? statement.sql : `${statement.change} of ${statement.table.name}`;
}
