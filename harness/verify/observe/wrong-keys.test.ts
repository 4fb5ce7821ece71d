import { expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { createTally, FINDINGS_MAX } from '#verify/judge/tally.ts';
import { createWrongKeys } from './wrong-keys.ts';

const row = (id: string) => ({ id, value: 'x' });

function duplicate(key: string, copies: number): Finding {
  const sink = Array.from({ length: copies }, () => row(key));
  return { anomaly: 'duplicate', table: 'public.t', key, hop: 'log-to-sink', source: row(key), sink, detail: 'd' };
}

const stale = (key: string): Finding => ({
  ...{ anomaly: 'stale', table: 'public.t', key, hop: 'log-to-sink', detail: 'd' },
  ...{ source: row(key), sink: [{ id: key, value: 'old' }] },
});

test('a tally of what is remembered is that of the findings, and shows rows of each class', () => {
  const wrong = createWrongKeys();
  const straight = createTally();
  for (let key = 0; key < 100; key++) {
    const finding = duplicate(String(key), 2 + (key % 3));
    wrong.set(String(key), [finding]);
    straight.add(finding);
  }
  const tally = createTally();
  wrong.tally(tally);
  expect(tally).toMatchObject({ counts: { duplicate: 100 }, harmless: true, surplus: straight.surplus });
  expect(tally.findings.every(({ sink = [] }) => sink.length > 1)).toBe(true);
  wrong.set('late', [stale('late')]);
  const later = createTally();
  wrong.tally(later);
  expect(later).toMatchObject({ counts: { duplicate: 100, stale: 1 }, harmless: false });
  expect(later.findings.find(({ key }) => key === 'late')?.source).toEqual(row('late'));
});

test('rows are kept of as many as are shown, and the place of one that is right again is taken by the next', () => {
  const wrong = createWrongKeys();
  const keys = Array.from({ length: FINDINGS_MAX + 2 }, (_, place) => String(place));
  for (const key of keys) wrong.set(key, [duplicate(key, 2)]);
  const withRows = (): string[] => {
    const seen: Finding[] = [];
    wrong.tally({ add: (finding) => void seen.push(finding) });
    return seen.flatMap(({ key = '', sink }) => (sink === undefined ? [] : [key]));
  };
  expect(withRows()).toEqual(keys.slice(0, FINDINGS_MAX));
  expect(wrong.delete('0')).toBe(true);
  wrong.set('21', [duplicate('21', 2)]);
  expect(withRows()).toEqual([...keys.slice(1, FINDINGS_MAX), '21']);
  expect([wrong.has('0'), wrong.size, [...wrong.keys()].at(-1)]).toEqual([false, FINDINGS_MAX + 1, '21']);
});
