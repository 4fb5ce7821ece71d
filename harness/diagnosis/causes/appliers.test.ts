import { expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { findingOf } from '#testing/diagnosis-facts.ts';
import { builtinSubject, eventOf, named, programSubject, sinkSubject, testPlantings } from '#testing/planting.ts';
import { APPLIERS } from './appliers.ts';

const fault = (kind: string) => ({ kind, bit: true, figures: {} });
const program = programSubject();
const RESET = 'consumer.override.auto.offset.reset';
const lost = findingOf('lost', eventOf('create'));

test('deletes that a killed program lost together with other changes are not said to be ignored', () => {
  const orphan = findingOf('orphan', { key: '["2"]', ...eventOf('delete') });
  const codes = (kind: string, ...findings: readonly Finding[]): string[] =>
    named({ subject: program, fault: fault(kind), findings });
  expect(codes('crash-consumers', lost, orphan)).toEqual(['offsets-before-write']);
  const stale = findingOf('stale', eventOf('update'));
  expect(codes('crash-consumers', stale, orphan)).toEqual(['offsets-before-write']);
  expect(codes('none', lost, orphan)).toContain('program-ignores-deletes');
  expect(codes('crash-consumers', orphan)[0]).toBe('program-ignores-deletes');
});

testPlantings(APPLIERS, {
  'retention-passed': {
    facts: { subject: program, fault: fault('pass-retention'), findings: [findingOf('lost', { hop: 'log' })] },
    advises: 'raise retention.ms',
    control: { findings: [lost] },
    also: {
      'where a lab saw records that were deleted unread': {
        facts: { findings: [], consumerLag: { lagMs: 90_000, retentionMs: 60_000, recordsGone: 12 } },
        says: 'records deleted before loader read them: 12; it lagged by 90.0 s, and the topics have retention.ms=60000',
        omits: 'of the rows shown',
      },
      'by both': {
        facts: { consumerLag: { lagMs: 90_000, retentionMs: 60_000, recordsGone: 1 } },
        says: ['the last event of 1 of the rows shown', 'loader read them: 1;'],
      },
    },
  },
  'applier-inserts-blindly': {
    facts: { subject: builtinSubject({ mode: 'insert' }), findings: [findingOf('duplicate')] },
    advises: 'builtin: upsert',
    control: { findings: [lost] },
    controls: [{ subject: builtinSubject({ mode: 'upsert' }) }],
  },
  'applier-strict-schema': {
    facts: {
      ...{ subject: builtinSubject({ schema: 'strict' }), fault: fault('change-schema') },
      findings: [findingOf('stalled')],
    },
    advises: 'schema: evolve',
    control: { fault: fault('restart-broker') },
    controls: [{ subject: builtinSubject({ schema: 'evolve' }) }],
    also: {
      'for a column that is missing': { facts: { findings: [findingOf('missing-column', { column: 'note' })] } },
    },
  },
  'applier-ignores-columns': {
    facts: {
      subject: builtinSubject({ schema: 'ignore' }),
      findings: [findingOf('missing-column', { column: 'note' })],
    },
    advises: 'schema: evolve',
    control: { findings: [lost] },
    controls: [{ subject: builtinSubject({ schema: 'evolve' }) }],
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
    controls: [
      { subject: builtinSubject({ commit: 'after' }) },
      { findings: [findingOf('lost', { hop: 'source-to-log' })] },
    ],
    also: {
      'for the built-in applier with commit: before, under any fault': {
        facts: { subject: builtinSubject({ commit: 'before' }), fault: fault('restart-broker') },
        says: 'applier had committed',
      },
    },
  },
  'offset-reset-latest': {
    facts: {
      subject: { ...program, run: 'python loader.py --offset-reset latest' },
      findings: [findingOf('lost', eventOf('read'))],
    },
    advises: 'auto.offset.reset=earliest',
    control: { subject: program },
    controls: [
      { findings: [findingOf('lost', eventOf('create'))] },
      { findings: [findingOf('lost')] },
      { subject: sinkSubject({ [RESET]: 'earliest' }) },
      { subject: sinkSubject() },
    ],
    also: {
      'for a sink connector that overrides it': {
        facts: { subject: sinkSubject({ [RESET]: 'latest' }) },
        says: ['override.auto.offset.reset=latest in sink.json', 'in sink.json: consumer.override.auto.offset.reset=e'],
        omits: 'runs with',
      },
    },
  },
  'program-ignores-deletes': {
    facts: { subject: program, findings: [findingOf('orphan', eventOf('delete'))] },
    advises: 'on op d',
    control: { findings: [findingOf('orphan', eventOf('update'))] },
    controls: [{ findings: [findingOf('orphan')] }, { subject: builtinSubject({}) }],
  },
  'program-inserts-again': {
    facts: { subject: program, findings: [findingOf('duplicate')] },
    advises: 'ON CONFLICT',
    control: { findings: [lost] },
    controls: [{ subject: builtinSubject({}) }],
  },
});
