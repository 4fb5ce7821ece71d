import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith } from '#testing/diagnosis-facts.ts';
import { items, refusedBatch, STOPPED, sinkState, sinkSubject } from '#testing/planting.ts';

test.each([
  ['bigint', 'bigint', 'integer out of range'],
  ['integer', 'bigint', 'integer out of range'],
  ['numeric(10,2)', 'numeric(12,4)', 'numeric field overflow'],
  ['numeric(5,2)', 'numeric', 'numeric field overflow'],
  ['numeric(9,2)', 'numeric(5,2)', 'integer out of range'],
  ['bigint', 'integer', 'numeric field overflow'],
  ['timestamp(6) without time zone', 'timestamp(3) without time zone', 'numeric field overflow'],
  ['character varying(5)', 'character varying(5)', 'value too long for type character varying(5)'],
  ['bigint', 'character varying(1)', 'value too long for type character varying(1)'],
  ['date', 'character varying(5)', 'value too long for type character varying(5)'],
  ['bit(9)', 'bit(5)', 'numeric field overflow'],
  ['text', 'integer', 'value too long for type character varying(5)'],
  ['character varying(5)', 'text', 'value too long for type character varying(5)'],
])('of %s, %s is not reported as too narrow for: %s', (ours, theirs, reason) => {
  const tables = [items({ note: ours })];
  const sink = sinkState({ tables: [items({ note: theirs })] });
  const facts = { subject: sinkSubject(), findings: STOPPED, words: refusedBatch(reason), tables, sink };
  expect(diagnose(factsWith(facts))[0]?.says).toMatch(/^A column of the sink is too narrow for a value of the source/);
});

test('a column that only one side has is not reported as too narrow', () => {
  const tables = [items({ note: 'text' })];
  const sink = sinkState({ tables: [{ ...items({ note: 'character(5)' }), name: 'orders' }, items({ mail: 'text' })] });
  const words = refusedBatch('value too long for type character(5)');
  for (const more of [{ sink }, {}])
    expect(diagnose(factsWith({ findings: STOPPED, words, tables, ...more }))[0]?.says).toMatch(
      /^A column of the sink/,
    );
});
