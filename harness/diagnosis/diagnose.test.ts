import { expect, test } from 'vitest';
import { factsWith, findingOf, jdbcSink, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { diagnose } from './diagnose.ts';
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
