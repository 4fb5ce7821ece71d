import { describe, expect, test } from 'vitest';
import { ANOMALIES, type Hop } from '#model/finding.ts';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { expectInFull, inFull, sinkState, sinkSubject, sourceState } from '#testing/planting.ts';
import { lookAt } from './look-at.ts';
import { causesOf } from './unknown.ts';

// Of what is gone from the log, and of what is reordered, the cause is always known.
const HOPS: readonly (Hop | undefined)[] = ['source-to-log', 'log-to-sink', undefined];
const UNEXPLAINED = ANOMALIES.filter((anomaly) => anomaly !== 'reordered');
const LOST = findingOf('lost', { hop: 'source-to-log' });
const evidence = (given: Parameters<typeof factsWith>[0]) => causesOf(factsWith(given))[0]?.evidence;

describe.each(UNEXPLAINED)('where nothing explains %s', (anomaly) => {
  test.each(HOPS)('at the hop %s, it says what to look at', (hop) => {
    const { hop: _, ...unplaced } = findingOf(anomaly);
    const facts = factsWith({ findings: [hop === undefined ? unplaced : { ...unplaced, hop }] });
    const causes = causesOf(facts);
    expect(causes.map(({ code, certainty, anomalies }) => [code, certainty, ...anomalies])).toEqual([
      ['unknown', 'unknown', anomaly],
    ]);
    expect(causes[0]?.remedy).toEqual(lookAt(anomaly, hop));
    expectInFull(inFull(causes, []).replace('## unknown', `## ${anomaly}, ${hop ?? 'at no hop'}`));
  });
});

test('nothing is unknown where nothing is wrong', () => {
  expect(causesOf(factsWith({}))).toEqual([]);
});

test('several classes and places are put together, and each advice is given once', () => {
  const findings = [findingOf('stale'), LOST, { ...LOST, key: '["2"]' }];
  const [cause] = causesOf(factsWith({ findings }));
  expect(cause?.says).toBe(
    'No known cause explains these anomalies: lost, stale (between log and sink, between source and log).',
  );
  expect(cause?.anomalies).toEqual(['lost', 'stale']);
  expect(new Set(cause?.remedy).size).toBe(cause?.remedy.length);
  expect(cause?.docs).toBe('https://debezium.io/documentation/reference/stable/operations/monitoring.html');
});

test('what follows from other findings has no cause of its own beside theirs', () => {
  const [cause] = causesOf(factsWith({ findings: [LOST, findingOf('invariant'), findingOf('partial-transaction')] }));
  expect(cause?.anomalies).toEqual(['lost']);
  const [alone] = causesOf(factsWith({ findings: [findingOf('partial-transaction'), findingOf('invariant')] }));
  expect(alone?.anomalies).toEqual(['partial-transaction', 'invariant']);
});

test('a place that is not known is left out, and one in the log is named', () => {
  const { hop: _, ...unplaced } = findingOf('stale');
  expect(causesOf(factsWith({ findings: [unplaced] }))[0]?.says).toBe(
    'No known cause explains these anomalies: stale.',
  );
  const gone = causesOf(factsWith({ findings: [findingOf('duplicate', { hop: 'log' })] }));
  expect(gone[0]?.says).toContain('duplicate (in the log)');
});

test('what a cause explains is not unknown', () => {
  const refused = factsWith({
    sources: [sourceConnector({ 'skipped.operations': 'c' })],
    findings: [LOST, findingOf('duplicate')],
  });
  const causes = causesOf(refused);
  expect(causes.at(-1)?.anomalies).not.toContain('lost');
});

describe('what was ruled out', () => {
  const sources = [sourceConnector({ 'publication.name': 'own' })];
  const source = (more = {}) => sourceState({ name: 'own', ...more });
  const noSkips = 'no source connector skips inserts, updates or deletes';
  const silent = 'the source connector reports no error';

  test('is a publication that has the table, whole', () => {
    const contains =
      'the publication own contains public.items, without a row filter, and publishes insert, update, delete, truncate';
    expect(evidence({ findings: [LOST], sources, source: source() })).toEqual([contains, noSkips, silent]);
    expect(evidence({ findings: [LOST], sources, source: source({ allTables: true, tables: [] }) })?.[0]).toBe(
      contains,
    );
    expect(evidence({ findings: [LOST], sources, source: sourceState() })).toEqual([noSkips, silent]);
    const unnamed = sourceConnector({});
    expect(evidence({ findings: [LOST], sources: [unnamed], source: sourceState() })?.[0]).toMatch(
      /^the publication dbz/,
    );
    const wrong = findingOf('duplicate', { hop: 'source-to-log' });
    const both = [wrong, { ...wrong, table: 'public.orders' }];
    expect(evidence({ findings: both, sources, source: source() })).toEqual([noSkips, silent]);
    const two = source({ tables: ['public.items', 'public.orders'] });
    expect(evidence({ findings: both, sources, source: two })?.[0]).toContain('public.items, public.orders,');
    const filters = { 'public.items': 'id > 7' };
    expect(evidence({ findings: [wrong], sources, source: source({ filters }) })).toEqual([noSkips, silent]);
    const { table: _, ...untold } = LOST;
    expect(evidence({ findings: [untold], sources, source: source() })).toEqual([noSkips, silent]);
  });

  test('is a connector that skips nothing and says nothing', () => {
    expect(evidence({ findings: [LOST] })).toEqual([silent]);
    expect(evidence({ findings: [LOST], sources: [sourceConnector({ 'skipped.operations': 't' })] })).toEqual([
      noSkips,
      silent,
    ]);
    for (const letter of ['c', 'u', 'd']) {
      const skipping = [sourceConnector({ 'skipped.operations': letter, 'table.include.list': 'public.others' })];
      expect(evidence({ findings: [LOST], sources: skipping })).toEqual([silent]);
    }
    const writer = [{ from: 'writer', name: 'load', text: 'gone' }] as const;
    expect(evidence({ findings: [LOST], words: writer })).toEqual([silent]);
    const words = [{ from: 'source-task', name: 'app-source', text: 'gone' }] as const;
    expect(evidence({ findings: [LOST], words })).toEqual([]);
  });

  test('are the sink’s triggers and constraints', () => {
    const findings = [findingOf('stale')];
    const constraint = { table: 'public.items', name: 'c', columns: ['a'], text: '' };
    const sink = (kind: 'check' | 'not-null' | 'primary-key', table = 'public.items') =>
      evidence({ findings, sink: sinkState({ constraints: [{ ...constraint, table, kind }] }) });
    const free = [
      "the sink's tables have no triggers",
      "the sink's tables have no foreign keys, unique or check constraints",
      'warehouse reports no error',
    ];
    expect(evidence({ findings, sink: sinkState() })).toEqual(free);
    expect(sink('check')).toEqual([free[0], free[2]]);
    expect(sink('not-null')).toEqual(free);
    expect(sink('primary-key')).toEqual(free);
    expect(sink('check', 'public.others')).toEqual(free);
    expect(
      evidence({
        findings: [...findings, findingOf('stale', { table: 'public.orders' })],
        sink: sinkState({ triggers: ['x.items: y'] }),
      })?.[0],
    ).toBe('the sink has the triggers x.items: y');
    const triggers = ['items: audit', 'public."items": log', 'others: x'];
    expect(evidence({ findings, sink: sinkState({ triggers }) })?.[0]).toBe(
      'the sink has the triggers items: audit, public."items": log',
    );
  });

  test('is a consumer that tolerates, transforms and reports nothing', () => {
    const findings = [findingOf('stale')];
    const [error, tolerance, transforms] = [
      'warehouse reports no error',
      'errors.tolerance is not all',
      'its connectors have no transforms',
    ];
    expect(evidence({ findings, subject: sinkSubject() })).toEqual([error, tolerance, transforms]);
    expect(evidence({ findings, subject: sinkSubject({ transforms: 'a' }) })).toEqual([error, tolerance]);
    const tolerant = { 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dlq' };
    expect(evidence({ findings: [findingOf('duplicate')], subject: sinkSubject(tolerant) })).toEqual([
      error,
      transforms,
    ]);
    const words = (from: 'sink-task' | 'writer' | 'source-task') => [{ from, name: 'x', text: 'said' }];
    expect(evidence({ findings, subject: sinkSubject(), words: words('sink-task') })).toEqual([tolerance, transforms]);
    expect(evidence({ findings, subject: sinkSubject(), words: words('writer') })).toEqual([
      error,
      tolerance,
      transforms,
    ]);
    expect(evidence({ findings, subject: sinkSubject(), words: words('source-task') })).toHaveLength(3);
  });
});

test('what to look at, of all classes and hops', () => {
  const lines = ANOMALIES.flatMap((anomaly) =>
    (['source-to-log', 'log', 'log-to-sink'] as const).map(
      (hop) => `${anomaly}, ${hop}:\n- ${lookAt(anomaly, hop).join('\n- ')}\n`,
    ),
  );
  expectInFull(`## what to look at\n\n${lines.join('')}`);
});
