import { readFileSync } from 'node:fs';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert } from '#contracts/lab-report.ts';
import type { Generator } from '#model/workload.ts';
import { messageOf } from '#std/errors.ts';
import { type LabHome, writePrivate } from './home.ts';
import { damaged, excerpt, isRecord, parsed } from './state.ts';

/** What the generator was asked for, in order: asked again in the same order, it is where it was. */
export type Asked =
  | { readonly kind: 'next'; count: number }
  | { readonly kind: 'tell'; readonly word: string }
  | { readonly kind: 'backfill'; readonly rows: number };

/** What the lab remembers over `down` and `up`. */
export interface LabMemory {
  readonly faults: LabFault[];
  readonly alerts: LabAlert[];
  readonly asked: Asked[];
  /** Number of the last operation in the ledger's file. */
  readonly seq: number;
}

/** Faults and alerts that are remembered. */
export const REMEMBERED_MAX = 100;

export function emptyMemory(): LabMemory {
  return { faults: [], alerts: [], asked: [], seq: 0 };
}

/** Throws an OperatorError (`state-damaged`) where there is none, or not one of a lab. */
export function readMemory(home: LabHome): LabMemory {
  let text: string;
  try {
    text = readFileSync(home.memory, 'utf8');
  } catch (cause) {
    throw damaged('what the lab remembers of itself cannot be read', home.memory, messageOf(cause));
  }
  const memory = parsed(text);
  // An alert of an older version has no cause: it is raised again where it still holds.
  if (isMemory(memory)) return { ...memory, alerts: memory.alerts.filter(({ cause }) => isRecord(cause)) };
  throw damaged('what the lab remembers of itself is damaged, or of another version', home.memory, excerpt(text));
}

function isMemory(value: unknown): value is LabMemory {
  if (!isRecord(value)) return false;
  const { faults, alerts, asked, seq } = value;
  return [faults, alerts].every(isRecords) && isRecords(asked) && asked.every(isAsked) && Number.isInteger(seq);
}

function isRecords(value: unknown): value is Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every(isRecord);
}

function isAsked({ kind, count, word, rows }: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'next') return Number.isInteger(count);
  return kind === 'tell' ? typeof word === 'string' : kind === 'backfill' && Number.isInteger(rows);
}

export function writeMemory(home: LabHome, memory: LabMemory): void {
  writePrivate(home.memory, JSON.stringify(memory));
}

/** Puts a fresh generator where an earlier one was, and notes all it is asked for from then on in `asked`. */
export function rememberingGenerator(generator: Generator, asked: Asked[]): Generator {
  for (const one of asked) {
    if (one.kind === 'next') for (let made = 0; made < one.count; made++) generator.next();
    else if (one.kind === 'tell') generator.tell(one.word);
    else generator.backfill(one.rows);
  }
  return {
    next() {
      const last = asked.at(-1);
      if (last?.kind === 'next') last.count++;
      else asked.push({ kind: 'next', count: 1 });
      return generator.next();
    },
    backfill(rows) {
      asked.push({ kind: 'backfill', rows });
      return generator.backfill(rows);
    },
    tell(word) {
      generator.tell(word);
      asked.push({ kind: 'tell', word });
    },
  };
}
