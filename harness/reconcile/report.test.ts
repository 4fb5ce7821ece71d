import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { metricsOf } from './notify.ts';
import { RENDERERS } from './render.ts';
import { buildReport, severityOf, type TableResult } from './report.ts';

const AT = new Date('2026-05-01T10:00:00.000Z');

function result(change: Partial<TableResult> = {}): TableResult {
  return {
    table: 'orders',
    target_table: 'orders',
    status: 'MATCH',
    source_rows: 10_000,
    target_rows: 10_000,
    missing_rows: 0,
    extra_rows: 0,
    changed_rows: 0,
    in_flight_rows: 0,
    unsettled_rows: 0,
    hashing: 'row-hash',
    method: 'ranges',
    duration_ms: 12,
    rows_per_second: 1000,
    bytes_moved: 99,
    examples: { missing: [], extra: [], changed: [] },
    ...change,
  };
}

const DAMAGED = result({
  status: 'MISMATCH',
  target_rows: 9950,
  missing_rows: 50,
  changed_rows: 1,
  examples: {
    missing: [{ key: { id: '=1+1' } }],
    extra: [],
    changed: [{ key: { id: '7' }, columns: [{ column: 'note', source: null, target: 'a "b",\nc' }] }],
  },
});

function issues(...results: TableResult[]) {
  return buildReport(results, AT, 20).discrepancies.map(({ issue_type, severity }) => `${issue_type} ${severity}`);
}

test('severity goes by the share of rows', () => {
  expect([9, 10, 99, 100, 999, 1000].map((rows) => severityOf(rows, 10_000))).toEqual([
    'LOW',
    'MEDIUM',
    'MEDIUM',
    'HIGH',
    'HIGH',
    'CRITICAL',
  ]);
  expect(severityOf(1, 0)).toBe('CRITICAL');
});

test('a gap in the count and damaged contents are two discrepancies of one table', () => {
  expect(issues(DAMAGED)).toEqual(['ROW_COUNT_MISMATCH MEDIUM', 'CHECKSUM_MISMATCH CRITICAL']);
});

test('as many missing as extra rows are damage, for the count is right', () => {
  expect(issues(result({ status: 'MISMATCH', missing_rows: 3, extra_rows: 3 }))).toEqual([
    'CHECKSUM_MISMATCH CRITICAL',
  ]);
});

test('a table that could not be compared makes the report fail, and says why', () => {
  const report = buildReport([result(), result({ table: 'gone', status: 'ERROR', error: 'no such table' })], AT, 20);
  expect(report).toMatchObject({ status: 'FAIL', total_tables: 2, tables_matched: 1, tables_mismatched: 1 });
  expect(report.summary).toBe('1 table could not be compared. 1 table is consistent.');
  expect(report.recommendations).toEqual(['gone could not be compared: no such table']);
});

test('what counted rows alone is not told to write a repair, for which it takes more', () => {
  const counted = {
    ...result({ status: 'MISMATCH', missing_rows: 1 }),
    changed_rows: undefined,
  } as unknown as TableResult;
  const advice = (of: TableResult) => buildReport([of], AT, 20).recommendations.at(-1);
  expect(advice(counted)).toContain('--validate-checksums');
  expect(advice(DAMAGED)).toContain('--repair-sql');
});

test('reports follow the documented schema', () => {
  const schema = JSON.parse(readFileSync(new URL('../../docs/reconcile.schema.json', import.meta.url), 'utf8'));
  const validate = new Ajv({ allErrors: true }).compile(schema);
  const results = [
    result(),
    DAMAGED,
    result({ status: 'ERROR', error: 'x' }),
    result({ unsettled_rows: 1, unsettled_keys: [{ id: '1', part: null }] }),
    result({
      status: 'MISMATCH',
      schema: {
        missing_columns: ['a'],
        extra_columns: [],
        type_differences: [{ column: 'b', source: 'int', target: 'text' }],
      },
    }),
  ];
  validate(JSON.parse(RENDERERS.json(buildReport(results, AT, 20.4))));
  expect(validate.errors).toBeNull();
});

test('csv: a line for each discrepancy, quoted, and nothing a spreadsheet would run', () => {
  const text = RENDERERS.csv(buildReport([result({ table: '=cmd' }), DAMAGED], AT, 20));
  const lines = text.trimEnd().split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^2026-05-01T10:00:00.000Z,'=cmd,MATCH,,,10000,10000,0,0,0,/);
  expect(lines[3]).toContain('CHECKSUM_MISMATCH,CRITICAL,10000,9950,50,0,1');
  expect(lines[3]).toContain('""a \\""b\\"",\\nc""');
});

test('console: the rows that differ, with NULL told from texts', () => {
  const text = RENDERERS.console(buildReport([DAMAGED], AT, 20));
  expect(text).toContain('changed id="7"  note: NULL → "a \\"b\\",\\nc"');
  expect(text).toContain('and 49 more missing rows');
});

test('console: of long values what is shown begins shortly before they differ', () => {
  const long = 'w'.repeat(3000);
  const columns = [{ column: 'v', source: `${long}here`, target: `${long}there` }];
  const text = RENDERERS.console(
    buildReport(
      [{ ...DAMAGED, examples: { missing: [], extra: [], changed: [{ key: { id: '7' }, columns }] } }],
      AT,
      20,
    ),
  );
  expect(text).toMatch(/v: …"w{10,40}here" → …"w{10,40}there"/);
});

test('metrics are named and labelled as Prometheus wants them', () => {
  const text = metricsOf(buildReport([result({ table: 'a"b' }), DAMAGED], AT, 1500));
  expect(text).toContain('driftlab_reconcile_success 0\n');
  expect(text).toContain('driftlab_reconcile_duration_seconds 1.5\n');
  expect(text).toContain('driftlab_reconcile_rows{table="a\\"b",side="source"} 10000\n');
  expect(text).toContain('driftlab_reconcile_differing_rows{table="orders",kind="missing"} 50\n');
});

test('on the console no value, and no name, can drive the terminal', () => {
  const attack = '\u001b[2J\u009b1A\u202ex';
  const text = RENDERERS.console(buildReport([result({ table: attack, error: attack })], AT, 20));
  expect(text).toContain('\\u001b[2J\\u009b1A\\u202ex');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
