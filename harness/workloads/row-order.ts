import type { RowRef, Transaction } from '#model/workload.ts';
import type { Numbered } from './carrier.ts';
import { rowName } from './ledger.ts';

/** Numbers transactions, and runs those that touch a common row one after the other; all others run side by side. */
export class RowOrder {
  /** Operations so far, whatever became of them. */
  operations = 0;
  readonly #carryOut: (numbered: Numbered) => Promise<void>;
  /** For each row the end of the last transaction that touches it. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(carryOut: (numbered: Numbered) => Promise<void>) {
    this.#carryOut = carryOut;
  }

  /** Transactions that have not ended. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Resolves when the transaction has ended. */
  submit(transaction: Transaction): Promise<void> {
    const written = new Map<string, RowRef>();
    const first = this.operations + 1;
    for (const { writes } of transaction.statements) {
      this.operations += writes.length;
      for (const row of writes) written.set(rowName(row), row);
    }
    const names = [...written.keys(), ...transaction.reads.map(rowName)];
    const before = names.flatMap((name) => this.#tails.get(name) ?? []);
    const rows = [...written.values()];
    const done = (before.length === 0 ? Promise.resolve() : Promise.all(before)).then(() =>
      this.#carryOut({ transaction, rows, first }),
    );
    for (const name of names) this.#tails.set(name, done);
    this.#underWay.add(done);
    return done.finally(() => {
      this.#underWay.delete(done);
      for (const name of names) if (this.#tails.get(name) === done) this.#tails.delete(name);
    });
  }

  /** Resolves when all have ended. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
