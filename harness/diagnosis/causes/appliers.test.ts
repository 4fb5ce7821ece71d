import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import type { Finding } from '#model/finding.ts';
import { factsWith, findingOf } from '#testing/diagnosis-facts.ts';
import { builtinSubject, eventOf, programSubject, testPlantings } from '#testing/planting.ts';
import { APPLIERS } from './appliers.ts';

const fault = (kind: string) => ({ kind, bit: true, figures: {} });
const program = programSubject();
const lost = findingOf('lost', eventOf('create'));

test('deletes that a killed program lost together with other changes are not said to be ignored', () => {
  const orphan = findingOf('orphan', { key: '["2"]', ...eventOf('delete') });
  const codes = (kind: string, ...findings: readonly Finding[]): string[] =>
    diagnose(factsWith({ subject: program, fault: fault(kind), findings })).map(({ code }) => code);
  expect(codes('crash-consumers', lost, orphan)).toEqual(['offsets-before-write']);
  expect(codes('none', lost, orphan)).toContain('program-ignores-deletes');
  expect(codes('crash-consumers', orphan)[0]).toBe('program-ignores-deletes');
});

testPlantings(APPLIERS, {
  'retention-passed': {
    facts: { subject: program, fault: fault('pass-retention'), findings: [findingOf('lost', { hop: 'log' })] },
    advises: 'raise retention.ms',
    control: { findings: [lost] },
  },
  'applier-inserts-blindly': {
    facts: { subject: builtinSubject({ mode: 'insert' }), findings: [findingOf('duplicate')] },
    advises: 'builtin: upsert',
    control: { findings: [lost] },
  },
  'applier-strict-schema': {
    facts: {
      ...{ subject: builtinSubject({ schema: 'strict' }), fault: fault('change-schema') },
      findings: [findingOf('stalled')],
    },
    advises: 'schema: evolve',
    control: { fault: fault('restart-broker') },
  },
  'applier-ignores-columns': {
    facts: {
      subject: builtinSubject({ schema: 'ignore' }),
      findings: [findingOf('missing-column', { column: 'note' })],
    },
    advises: 'schema: evolve',
    control: { findings: [lost] },
  },
  'writes-not-guarded': {
    facts: { subject: builtinSubject({}), fault: fault('direct-copy'), findings: [findingOf('stale')] },
    advises: 'only if its LSN is higher',
    control: { fault: fault('none') },
  },
  'batch-reordered': {
    facts: { subject: program, findings: [findingOf('reordered')] },
    advises: 'in order',
    control: { findings: [lost] },
  },
  'offsets-before-write': {
    facts: { subject: program, fault: fault('crash-consumers'), findings: [lost] },
    advises: 'enable.auto.commit=false',
    control: { fault: fault('none') },
  },
  'offset-reset-latest': {
    facts: {
      subject: { ...program, run: 'python loader.py --offset-reset latest' },
      findings: [findingOf('lost', eventOf('read'))],
    },
    advises: 'auto.offset.reset=earliest',
    control: { subject: program },
  },
  'program-ignores-deletes': {
    facts: { subject: program, findings: [findingOf('orphan', eventOf('delete'))] },
    advises: 'on op d',
    control: { findings: [findingOf('orphan', eventOf('update'))] },
  },
  'program-inserts-again': {
    facts: { subject: program, findings: [findingOf('duplicate')] },
    advises: 'ON CONFLICT',
    control: { findings: [lost] },
  },
});
