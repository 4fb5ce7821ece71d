import type { Value } from '#model/change.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import { type Place, refusalOf, savedRow, setting } from './sink-rows.ts';
import { anyUuid } from './workload.ts';

/** A way to alter a value so that no version of its row ever had it. */
export interface Alteration {
  readonly name: string;
  /** From the text of a value that is there. */
  readonly of: (text: string) => Value;
}

const to = (name: string, of: (text: string) => Value): Alteration => ({ name, of });
const NULL = to('NULL', () => null);
const literally = (text: string): Alteration => to(JSON.stringify(text), () => text);

/** A moment's text, so many microseconds later. */
function later(text: string, micros: bigint): string {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? [];
  const all = BigInt(Date.parse(`${seconds.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0')) + micros;
  const whole = new Date(Number(all / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `${whole}.${String(all % 1_000_000n).padStart(6, '0')}${zone}`;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'true']);
const DAY_MS = 86_400_000;

const ALTERATIONS: Readonly<Record<string, readonly Alteration[]>> = {
  label: [
    to('a blank at its end', (text) => `${text} `),
    to('an accent at its end', (text) => `${text}\u0301`),
    to('in capitals', (text) => `${text.toUpperCase()}${text}`),
    ...[NULL, literally('')],
  ],
  amount: [
    to('a cent more', (text) => (Number(text) + 0.01).toFixed(2)),
    to('below zero', (text) => (-Number(text) - 1).toFixed(2)),
    NULL,
  ],
  at: [
    to('a microsecond later', (text) => later(text, 1n)),
    to('two hours earlier', (text) => later(text, -7_200_000_000n)),
    literally('infinity'),
  ],
  flag: [to('the other one', (text) => !TRUE.has(text)), NULL],
  data: [to('a member more', (text) => text.replace(/}$/, ', "planted": 1.0}')), literally('null'), NULL],
  ratio: [to('a little more', (text) => Number(text) + 1e-9), literally('NaN'), literally('-Infinity')],
  day: [to('a day later', (text) => new Date(Date.parse(text) + DAY_MS).toISOString().slice(0, 10)), NULL],
  code: [to('another one', anyUuid), NULL],
  raw: [to('a byte more', (text) => `${text}00`), literally('\\x'), NULL],
  quantity: [to('one more', (text) => Number(text) + 1), NULL],
};

/** What a sink can hold of them, by column, and what it cannot, with its words. */
export interface Alterations {
  readonly byColumn: ReadonlyMap<string, readonly Alteration[]>;
  readonly skipped: readonly string[];
}

/** Tries every alteration on rows that are there, each of which is as it was afterwards. */
export async function possibleAlterations(sink: Database, places: readonly Place[]): Promise<Alterations> {
  const byColumn = new Map<string, Alteration[]>();
  const skipped: string[] = [];
  for (const place of places) {
    const row = await savedRow(sink, place);
    for (const { name } of place.table.columns) {
      const open = byColumn.has(name) ? [] : (ALTERATIONS[name] ?? []);
      const possible: Alteration[] = [];
      for (const one of open) {
        const refusal = await refusalOf(sink, setting(place, { [name]: altered(row, name, one) }));
        if (refusal === undefined) possible.push(one);
        else skipped.push(`${name} as ${one.name}: the sink refuses it (${refusal})`);
      }
      if (open.length > 0) byColumn.set(name, possible);
    }
  }
  return { byColumn, skipped };
}

export function altered(row: Row, column: string, { of }: Alteration): Value {
  const text = row[column];
  if (text === null || text === undefined) throw new Error(`${column} has no value to be altered`);
  return of(text);
}
