import { wrongValue } from '#testing/diagnosis-facts.ts';
import { type Planting, programSubject, testPlantings } from '#testing/planting.ts';
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
  'value-rounded': planted('12.345', '12.35', 'scale'),
  'value-epoch-number': planted('2026-03-01', '20513', 'time.precision.mode=isostring'),
  'value-base64': planted('Blue whale', 'Qmx1ZSB3aGFsZQ==', 'decode it in the consumer'),
  'value-masked': planted('Blue whale', '****', 'take the mask out'),
  'value-empty-for-null': planted(null, '', 'as NULL'),
});
