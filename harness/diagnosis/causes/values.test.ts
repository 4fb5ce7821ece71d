import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, wrongValue } from '#testing/diagnosis-facts.ts';
import { type Planting, programSubject, sinkState, testPlantings } from '#testing/planting.ts';
import { VALUES } from './values.ts';

/** The control is another wrong value of the same column, which no known alteration explains. */
function planted(source: string | null, sink: string | null, advises: string): Planting {
  return {
    facts: { subject: programSubject(), findings: [wrongValue('note', source, sink)] },
    advises,
    control: { findings: [wrongValue('note', 'Blue', 'a green one')] },
  };
}

testPlantings(VALUES, {
  'columns-swapped': {
    facts: {
      findings: [
        wrongValue('first', null, null, {
          differs: [
            { column: 'first', source: 'Ann', sink: 'Lee' },
            { column: 'last', source: 'Lee', sink: 'Ann' },
          ],
        }),
      ],
    },
    advises: 'name the columns in the INSERT',
    control: { findings: [wrongValue('first', 'Ann', 'Lee')] },
  },
  'value-lower-case': planted('Blue', 'blue', 'take the conversion out'),
  'value-upper-case': planted('Blue', 'BLUE', 'take the conversion out'),
  'value-trailing-blanks': planted('Blue  ', 'Blue', 'take the trim out'),
  'value-cut-short': planted('Blue whale', 'Blue', 'as wide as'),
  'value-float': planted('12345678901234567.89', '12345678901234568', 'never as a double'),
  'value-rounded': planted('12.345', '12.35', 'scale'),
  'value-epoch-number': planted('2026-03-01', '20513', 'time.precision.mode=isostring'),
  'value-base64': planted('Blue whale', 'Qmx1ZSB3aGFsZQ==', 'decode it in the consumer'),
  'value-masked': planted('Blue whale', '****', 'take the mask out'),
  'value-empty-for-null': planted(null, '', 'as NULL'),
});

test('a trigger of the sink on the table is evidence, and the first to look at', () => {
  const given = (triggers: readonly string[]) =>
    diagnose(factsWith({ sink: sinkState({ triggers }), findings: [wrongValue('note', 'Blue', 'blue')] }))[0];
  expect(given(['items: tidy'])?.evidence).toContain('the sink has a trigger on this table: items: tidy');
  expect(given(['items: tidy'])?.remedy[0]).toBe('take the conversion out of that trigger');
  expect(JSON.stringify(given(['others: tidy']))).not.toContain('trigger on this table');
});
