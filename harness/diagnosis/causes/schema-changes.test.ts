import { findingOf, wrongValue } from '#testing/diagnosis-facts.ts';
import { sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { SCHEMA_CHANGES } from './schema-changes.ts';

const changed = (change: string, column: string) => ({
  ...{ kind: 'change-under-level', bit: true },
  figures: { level: 'NONE', column, change },
});
const required = changed('added without a default', 'rank');
const dropped = changed('dropped', 'product');

testPlantings(SCHEMA_CHANGES, {
  'sink-refuses-required-column': {
    facts: {
      ...{ subject: sinkSubject(), findings: [findingOf('stalled')] },
      words: trace(
        "java.sql.SQLException: Cannot ALTER table 'public.items' because field 'rank' is not optional but has no default value",
      ),
    },
    advises: 'ALTER TABLE public.items ADD COLUMN rank',
    control: { words: [] },
  },
  'rows-before-required-column': {
    facts: { fault: required, findings: [wrongValue('rank', '0', null)] },
    advises: 'UPDATE public.items SET rank = ',
    control: { findings: [wrongValue('rank', '0', '1')] },
    controls: [
      { fault: { ...required, bit: false } },
      { fault: changed('added with a default', 'rank') },
      { findings: [wrongValue('points', '0', null)] },
    ],
  },
  'column-dropped-at-source': {
    facts: { fault: dropped, findings: [findingOf('extra-column', { column: 'product' })] },
    advises: 'ALTER TABLE public.items DROP COLUMN product',
    control: { findings: [findingOf('extra-column', { column: 'seen_at' })] },
    controls: [{ fault: required }, { fault: { ...dropped, kind: 'none' } }],
  },
});
