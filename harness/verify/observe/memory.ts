import type { TableId } from '#model/catalog.ts';
import type { EventRef } from '#model/finding.ts';
import type { Offsets } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { type LedgerView, type LedgerWords, ledgerWords } from './ledger-view.ts';
import { createPassages, type Passages } from './passages.ts';
import { createSilent, type Silent } from './silent.ts';
import { createWrongKeys, type WrongKeys } from './wrong-keys.ts';

/** What a continuous check remembers of one table at one sink. */
export interface TableMemory {
  /** Keys that changed and have not been judged since. */
  readonly pending: Set<Key>;
  /** What was wrong with a key when it was last judged. */
  readonly wrong: WrongKeys;
  /** Of keys that were wrong when last judged the change that the sink never had, where that is certain. */
  readonly unapplied: Map<Key, EventRef>;
  /** Of changed keys that the sink was seen to have right: the log's last change then, and the one its row named. */
  readonly right: Map<Key, Right>;
  /** Keys that both sides were seen without, before that said anything of the sink. */
  readonly absent: Set<Key>;
  /** Of rows that the sink was seen without once it had all that the log held of them: the LSN of their last change then. */
  readonly gone: Map<Key, bigint>;
  /** Of rows that the source has not and that the sink was seen to keep: the LSN of their last change then. */
  readonly stayed: Map<Key, bigint>;
}

export interface Right {
  readonly changeLsn: bigint;
  readonly sinkLsn?: bigint;
}

interface VariantMemory {
  readonly passages: Passages;
  /** The consumer's position at the check before. */
  appliedBefore: Offsets;
  table(table: TableId): TableMemory;
}

/** What checks of one pipeline know from those before them. */
export interface Memory {
  words(ledger: LedgerView): LedgerWords;
  variant(name: string): VariantMemory;
  /** Takes a row that is gone for good out of memory; false where some sink's copy of it is not settled, or wrong. */
  forget(table: TableId, key: Key): boolean;
  /** The ledger's moment up to which its changes are among the pending keys. */
  ledgerMark: number;
  /** The log's moment, likewise. */
  logCursor: number;
  /** The log's highest LSN when the last look at everything began. */
  logLsn: bigint;
  readonly silent: Silent;
  /** For each table the key up to which the sweep of all rows has got. */
  readonly sweep: Map<TableId, Key>;
  /** The place, among the tables with a key, of the one that the next check reads whole where it cannot be swept. */
  turn: number;
}

export function createMemory(): Memory {
  const variants = new Map<string, VariantMemory>();
  const words = new Map<LedgerView, LedgerWords>();
  return {
    ledgerMark: 0,
    logCursor: 0,
    logLsn: 0n,
    silent: createSilent(),
    sweep: new Map(),
    turn: 0,
    words(ledger) {
      const known = words.get(ledger) ?? ledgerWords(ledger);
      words.set(ledger, known);
      return known;
    },
    forget(table, key) {
      const of = [...variants.values()].map((variant) => variant.table(table));
      if (of.some(({ pending, wrong }) => pending.has(key) || wrong.has(key))) return false;
      for (const { absent, gone, stayed, right } of of) {
        absent.delete(key);
        stayed.delete(key);
        gone.delete(key);
        right.delete(key);
      }
      for (const known of words.values()) known.forget(table, key);
      return true;
    },
    variant(name) {
      const known = variants.get(name) ?? variantMemory();
      variants.set(name, known);
      return known;
    },
  };
}

function variantMemory(): VariantMemory {
  const tables = new Map<TableId, TableMemory>();
  return {
    passages: createPassages(),
    appliedBefore: new Map(),
    table(table) {
      const known = tables.get(table) ?? {
        pending: new Set<Key>(),
        wrong: createWrongKeys(),
        unapplied: new Map(),
        right: new Map(),
        absent: new Set(),
        gone: new Map(),
        stayed: new Map(),
      };
      tables.set(table, known);
      return known;
    },
  };
}
