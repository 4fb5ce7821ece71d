import { expect, test } from 'vitest';
import type { VariantVerdict } from '#model/observation.ts';
import type { Verdict } from '#model/verdict.ts';
import { createFoundTimes } from './found-times.ts';
import { findingName } from './live-report.ts';

const finding = (key: string) => ({ anomaly: 'duplicate', table: 'public.t', key, detail: 'twice' }) as const;

/** A check of one variant that counts so many duplicates and names some. */
function verdict(duplicate: number, keys: readonly string[], status: Verdict = 'WARN'): VariantVerdict {
  const lag = { records: 0, ms: 0 };
  const counts = duplicate === 0 ? {} : { duplicate };
  return { variant: 'insert', verdict: status, tables: [], counts, inFlight: 0, lag, findings: keys.map(finding) };
}
const keysOf = (variants: readonly VariantVerdict[]) =>
  variants.flatMap(({ findings }) => findings.map(({ key }) => key));
const nameOf = (key: string) => findingName('insert', finding(key));

test('a finding that a check does not name for a while is not found anew when one names it again', () => {
  const found = createFoundTimes();
  expect(keysOf(found.note([verdict(30, ['1', '2'])], 1000))).toEqual(['1', '2']);
  expect(keysOf(found.note([verdict(30, ['2', '3'])], 2000))).toEqual(['3']);
  expect(keysOf(found.note([verdict(30, ['1', '3'])], 3000))).toEqual([]);
  expect(found.at.get(nameOf('1'))).toBe(1000);
});

test('once its class is gone from the variant it is over: what is wrong after that is new', () => {
  const found = createFoundTimes();
  found.note([verdict(1, ['1'])], 1000);
  found.note([verdict(0, [], 'PASS')], 2000);
  expect(found.at.size).toBe(0);
  expect(keysOf(found.note([verdict(1, ['1'])], 3000))).toEqual(['1']);
});

test('a sink that could not be read has mended nothing', () => {
  const found = createFoundTimes();
  found.note([verdict(1, ['1'])], 1000);
  found.note([verdict(0, [], 'UNKNOWN')], 2000);
  expect(keysOf(found.note([verdict(1, ['1'])], 3000))).toEqual([]);
});
