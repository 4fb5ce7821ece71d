import { expect, test } from 'vitest';
import { factsWith, findingOf, jdbcSink, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { bareFacts, diagnose } from './diagnose.ts';
import type { CauseEntry, Found } from './entry.ts';

const [first, second] = [findingOf('lost', { key: '["1"]' }), findingOf('lost', { key: '["2"]' })];
const facts = factsWith({ findings: [first, second] });

function entry(code: string, found: Partial<Found> | undefined): CauseEntry {
  return {
    ...{ code, title: code, anomalies: ['lost'], docs: 'https://example.org' },
    find: () =>
      found === undefined
        ? undefined
        : { says: code, evidence: [], remedy: [], certainty: 'likely', explains: [first, second], ...found },
  };
}
const codes = (...table: readonly CauseEntry[]): string[] => diagnose(facts, table).map(({ code }) => code);

test('what is shown comes before what fits, and what explains more before what explains less', () => {
  expect(
    codes(
      entry('fits', { explains: [first, second] }),
      entry('shown-for-one', { certainty: 'shown', explains: [first] }),
      entry('not-there', undefined),
    ),
  ).toEqual(['shown-for-one', 'fits']);
  expect(codes(entry('one', { explains: [first] }), entry('both', {}))).toEqual(['both', 'one']);
  const one = entry('shown-for-one', { certainty: 'shown', explains: [first] });
  expect(codes(one, entry('fits', {}))).toEqual(['shown-for-one', 'fits']);
});

test('among equals the order of the table decides', () => {
  expect(codes(entry('a', {}), entry('b', {}))).toEqual(['a', 'b']);
});

test('what only fits is left out where everything that it would explain is shown to have another cause', () => {
  expect(codes(entry('fits', {}), entry('shown', { certainty: 'shown' }))).toEqual(['shown']);
});

test('an entry that explains no finding is no cause', () => {
  expect(codes(entry('nothing', { certainty: 'shown', explains: [] }))).toEqual([]);
});

test('what only names how values differ is left out where another cause is shown to explain the same columns', () => {
  const wrong = {
    ...wrongValue('mail', 'a', '***'),
    differs: ['mail', 'city'].map((column) => ({ column, source: 'A', sink: 'a' })),
  };
  const masked = entry('masked', { certainty: 'shown', explains: [wrong], columns: ['mail'] });
  const general = (...columns: string[]): CauseEntry => ({
    ...entry(`how-${columns.join('-')}`, { certainty: 'shown', explains: [wrong], columns }),
    general: true,
  });
  expect(codes(general('mail'), masked)).toEqual(['masked']);
  expect(codes(masked, general('mail', 'city'))).toEqual(['masked', 'how-mail-city']);
  expect(codes(entry('fits', { explains: [wrong] }), general('mail'))).toEqual(['how-mail']);
  expect(codes(general('mail'))).toEqual(['how-mail']);
});

test('what only names how values differ stays where another cause does not explain all of it', () => {
  const row = (key: string, ...columns: readonly string[]) =>
    findingOf('corrupt', { key, differs: columns.map((column) => ({ column, source: 'A', sink: 'a' })) });
  const [mail, city] = [row('["1"]', 'mail'), row('["2"]', 'city')];
  const masked = (more: Partial<Found>) => entry('masked', { certainty: 'shown', columns: ['mail'], ...more });
  const general = (explains: Found['explains'], columns?: readonly string[]): CauseEntry => ({
    ...entry('how', { certainty: 'shown', explains, ...(columns === undefined ? {} : { columns }) }),
    general: true,
  });
  // A row that differs in one of the columns only, and one that is wrong as a whole.
  expect(codes(general([mail], ['mail', 'city']), masked({ explains: [mail] }))).toEqual(['masked']);
  expect(codes(general([first], ['mail']), masked({ explains: [first], columns: [] }))).toEqual(['masked']);
  // Another row, a cause that only fits, and one whose columns nobody names.
  expect(codes(general([mail, city], ['mail', 'city']), masked({ explains: [mail] }))).toEqual(['how', 'masked']);
  expect(codes(general([mail], ['mail']), masked({ explains: [city] }))).toEqual(['how', 'masked']);
  expect(codes(general([mail], ['mail']), entry('fits', { explains: [mail, first] }))).toEqual(['how', 'fits']);
  expect(codes(general([mail]), masked({ explains: [mail] }))).toEqual(['how', 'masked']);
});

test('what only warns comes last, whatever its place in the table', () => {
  const warning: CauseEntry = { ...entry('warns', { certainty: 'shown', explains: [] }), warns: true };
  expect(codes(warning, entry('fits', {}))).toEqual(['fits', 'warns']);
  expect(codes(entry('fits', {}), warning)).toEqual(['fits', 'warns']);
});

test('bare facts know the name of a subject, and nothing else', () => {
  const subject = { name: 'orders', kind: 'builtin' as const, connectors: [], lacking: [] };
  expect(bareFacts('orders')).toEqual(factsWith({ subject }));
});

test('a cause says which classes it explains', () => {
  expect(diagnose(facts, [entry('a', {})])[0]?.anomalies).toEqual(['lost']);
});

test('decimal.handling.mode is blamed for a number that it alters, and for nothing else', () => {
  const sources = [sourceConnector({ 'decimal.handling.mode': 'double' })];
  const tables = [
    {
      ...{ schema: 'public', name: 'items', key: ['id'] },
      columns: [
        { name: 'price', type: 'numeric(20,2)', nullable: true, generated: false },
        { name: 'body', type: 'text', nullable: true, generated: false },
      ],
    },
  ];
  const number = factsWith({
    sources,
    tables,
    findings: [wrongValue('price', '12345678901234567.89', '12345678901234568')],
  });
  expect(diagnose(number).map(({ code }) => code)).toEqual(['decimal-as-double']);
  const text = factsWith({ sources, tables, findings: [wrongValue('body', 'long', '__debezium_unavailable_value')] });
  expect(diagnose(text).map(({ code }) => code)).toEqual(['toast-placeholder']);
});

test('a foreign key at the sink is named by its constraint, and no key mode is blamed', () => {
  const [cause, ...others] = diagnose(
    factsWith({
      subject: { name: 'warehouse', kind: 'connect-sink', connectors: [jdbcSink()], lacking: [] },
      findings: [findingOf('stalled')],
      words: [
        {
          ...{ from: 'sink-task', name: 'warehouse' },
          text: 'org.apache.kafka.connect.errors.ConnectException: Exiting\nCaused by: ERROR: insert or update on table "lines" violates foreign key constraint "lines_order_fkey"\n  Detail: Key (order_id)=(7) is not present in table "orders".',
        },
      ],
    }),
  );
  expect(cause?.code).toBe('sink-foreign-key');
  expect(cause?.evidence[0]).toContain('violates foreign key constraint "lines_order_fkey"');
  expect(cause?.remedy[0]).toContain('ALTER TABLE lines DROP CONSTRAINT lines_order_fkey');
  expect(others).toEqual([]);
});
