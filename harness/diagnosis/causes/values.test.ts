import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import type { Finding } from '#model/finding.ts';
import { factsWith, findingOf, wrongValue } from '#testing/diagnosis-facts.ts';
import { named, type Planting, programSubject, sinkState, testPlantings } from '#testing/planting.ts';
import { VALUES } from './values.ts';

/** The control is another wrong value of the same column, which no known alteration explains. */
function planted(source: string | null, sink: string | null, advises: string): Planting {
  return {
    facts: { subject: programSubject(), findings: [wrongValue('note', source, sink)] },
    advises,
    control: { findings: [wrongValue('note', 'Blue', 'a green one')] },
  };
}

/** A row that is wrong in several columns. */
function differing(...columns: readonly (readonly [column: string, source: string, sink: string])[]): Finding {
  return findingOf('corrupt', { differs: columns.map(([column, source, sink]) => ({ column, source, sink })) });
}

testPlantings(VALUES, {
  'columns-swapped': {
    facts: {
      findings: [differing(['first', 'Ann', 'Lee'], ['last', 'Lee', 'Ann'])],
    },
    advises: "name the columns in the consumer's INSERT",
    control: { findings: [wrongValue('first', 'Ann', 'Lee')] },
    controls: [
      { findings: [differing(['first', 'Ann', 'Lee'], ['last', 'Lee', 'Bo'])] },
      { findings: [differing(['first', 'Ann', 'Lee'], ['last', 'Bo', 'Ann'])] },
      // The same values, in two rows.
      { findings: [wrongValue('first', 'Ann', 'Lee'), wrongValue('last', 'Lee', 'Ann', { key: '["2"]' })] },
    ],
    also: {
      'in several rows': {
        facts: {
          findings: ['["1"]', '["2"]'].map((key) => ({
            ...differing(['first', 'Ann', 'Lee'], ['last', 'Lee', 'Ann'], ['note', 'Blue', 'a green one']),
            key,
          })),
        },
        says: ['The values of first and last of public.items are', 'in 2 of the 2 wrong rows'],
      },
    },
  },
  'value-lower-case': planted('Blue', 'blue', 'remove the conversion'),
  'value-upper-case': planted('Blue', 'BLUE', 'remove the conversion'),
  'value-trailing-blanks': planted('Blue  ', 'Blue', 'remove the trim'),
  'value-cut-short': planted('Blue whale', 'Blue', 'as wide as'),
  'value-float': planted('12345678901234567.89', '12345678901234568', 'never as a double'),
  'value-rounded': planted('12.345', '12.35', 'scale'),
  'value-epoch-number': planted('2026-03-01', '20513', 'time.precision.mode=isostring'),
  'value-base64': planted('Blue whale', 'Qmx1ZSB3aGFsZQ==', 'decode it in the consumer'),
  'value-masked': planted('Blue whale', '****', 'remove the mask'),
  'value-empty-for-null': planted(null, '', 'write NULL as NULL'),
});

test('the triggers of the sink on the table are evidence, and the first to look at', () => {
  const given = (triggers: readonly string[]) =>
    diagnose(factsWith({ sink: sinkState({ triggers }), findings: [wrongValue('note', 'Blue', 'blue')] }))[0];
  const both = given(['items: tidy', 'items: fold']);
  expect(both?.evidence).toContain('the sink has a trigger on this table: items: fold');
  expect(both?.remedy).toEqual(['remove the conversion from the trigger of the sink', ...(given([])?.remedy ?? [])]);
  expect(JSON.stringify(given(['others: tidy']))).not.toContain('trigger');
});

test('how one column was altered is named beside the cause of another column of the row', () => {
  const row = differing(['note', 'Blue', 'blue'], ['mail', 'a@b.org', '****']);
  expect(named({ findings: [row] }).sort()).toEqual(['value-lower-case', 'value-masked']);
  const swapped = differing(['first', 'Ann', 'Lee'], ['last', 'Lee', 'Ann'], ['note', 'Blue', 'blue']);
  expect(named({ findings: [swapped] })).toEqual(['columns-swapped', 'value-lower-case']);
});
