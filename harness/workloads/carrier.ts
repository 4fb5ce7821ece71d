import type { Change, RawSql } from '#model/change.ts';
import { type Operation, type Outcome, UNKNOWN_TXN } from '#model/operation.ts';
import type { Generator, RowRef, Transaction, WriterSession } from '#model/workload.ts';
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
    const attempt: Attempt = { txn: UNKNOWN_TXN, committing: false };
    try {
      await this.#attempt(session, numbered, attempt);
    } catch (error) {
      await this.#fail(session, numbered, attempt, error);
    } finally {
      this.#release(session);
    }
  }

  async #attempt(session: WriterSession, numbered: Numbered, attempt: Attempt): Promise<void> {
    const { transaction } = numbered;
    attempt.txn = (await session.begin()) ?? UNKNOWN_TXN;
    for (const statement of transaction.statements) {
      const rows = await session.run(statement);
      // A row that is not there after all was not written: the ledger must not say so.
      if (rows === 0 && statement.writes.length === 1) throw new Error(`${nameOf(statement)} wrote no row`);
    }
    if (transaction.rollback === true) {
      await session.rollback();
      this.#end(numbered, attempt.txn, 'failed');
      this.#parts.generator.failed?.(transaction);
      return;
    }
    attempt.committing = true;
    const { transaction: known = attempt.txn } = await session.commit();
    this.committed++;
    this.#end(numbered, known, 'ok');
  }

  async #fail(session: WriterSession, numbered: Numbered, { txn, committing }: Attempt, error: unknown): Promise<void> {
    this.failure ??= messageOf(error);
    if (session.isRefusal(error)) this.#noteRefusal(error.message);
    await session.rollback();
    // Once COMMIT was sent, a broken connection leaves it open whether it took effect.
    this.#end(numbered, txn, committing ? 'indeterminate' : 'failed');
    if (!committing) this.#parts.generator.failed?.(numbered.transaction, messageOf(error));
  }

  #noteRefusal(words: string): void {
    if (this.refusals.has(words) || this.refusals.size < REFUSALS_MAX)
      this.refusals.set(words, (this.refusals.get(words) ?? 0) + 1);
  }

  #end({ transaction, rows, first }: Numbered, txn: string, outcome: Outcome): void {
    const at = Date.now();
    const operations: Omit<Operation, 'seq'>[] = [];
    for (const { writes } of transaction.statements)
      for (const { table, key, kind } of writes)
        operations.push({ number: first + operations.length, txn, table, key, kind, outcome, at });
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
}

function nameOf(statement: Change | RawSql): string {
  return 'sql' in statement ? statement.sql : `${statement.change} of ${statement.table.name}`;
}
