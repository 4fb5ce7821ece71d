import type { Hashing } from '#engines/port/reconcile.ts';
import type { ShownDifference } from './classify.ts';
import type { SchemaDifferences } from './plan.ts';

type ReportStatus = 'PASS' | 'FAIL' | 'NO_DATA';
type IssueType = 'ROW_COUNT_MISMATCH' | 'CHECKSUM_MISMATCH' | 'SCHEMA_MISMATCH';
export type Severity = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

/** What one table's comparison found. */
export interface TableResult {
  readonly table: string;
  readonly target_table: string;
  readonly status: 'MATCH' | 'MISMATCH' | 'ERROR';
  readonly source_rows: number;
  readonly target_rows: number;
  readonly missing_rows: number;
  readonly extra_rows: number;
  /** Only where contents were compared. */
  readonly changed_rows?: number;
  /** Rows that differed at first and agreed when they were looked at again. */
  readonly in_flight_rows?: number;
  /** Rows that kept changing for as long as they were looked at: neither equal nor different. */
  readonly unsettled_rows: number;
  readonly unsettled_keys?: readonly Keyed[];
  readonly hashing?: Hashing;
  readonly method?: 'ranges' | 'partitions' | 'count';
  readonly duration_ms: number;
  readonly rows_per_second: number;
  readonly bytes_moved: number;
  readonly schema?: SchemaDifferences;
  readonly examples: {
    readonly missing: readonly ShownDifference[];
    readonly extra: readonly ShownDifference[];
    readonly changed: readonly ShownDifference[];
  };
  /** Why the table could not be compared, or not to the end. */
  readonly error?: string;
}

type Keyed = ShownDifference['key'];

interface Discrepancy {
  readonly table: string;
  readonly issue_type: IssueType;
  readonly severity: Severity;
  readonly details: {
    readonly source_count: number;
    readonly target_count: number;
    readonly missing_rows: number;
    readonly extra_rows: number;
    readonly changed_rows?: number;
    readonly missing_keys?: readonly Keyed[];
    readonly extra_keys?: readonly Keyed[];
    readonly changed?: readonly ShownDifference[];
    readonly missing_columns?: readonly string[];
    readonly extra_columns?: readonly string[];
    readonly type_differences?: SchemaDifferences['type_differences'];
  };
  readonly timestamp: string;
}

/** The report. docs/reconcile.schema.json describes it. */
export interface ReconcileReport {
  readonly status: ReportStatus;
  readonly total_tables: number;
  readonly tables_matched: number;
  readonly tables_mismatched: number;
  readonly source_total_rows: number;
  readonly target_total_rows: number;
  readonly timestamp: string;
  readonly summary: string;
  readonly discrepancies: readonly Discrepancy[];
  readonly recommendations: readonly string[];
  readonly tables: readonly Omit<TableResult, 'examples' | 'schema'>[];
  readonly duration_ms: number;
}

/** Builds the report of finished comparisons. `at` is when the run began. */
export function buildReport(results: readonly TableResult[], at: Date, durationMs: number): ReconcileReport {
  const timestamp = at.toISOString();
  const matched = results.filter(({ status }) => status === 'MATCH').length;
  const sourceRows = sum(results, ({ source_rows }) => source_rows);
  const targetRows = sum(results, ({ target_rows }) => target_rows);
  const failed = matched < results.length;
  const status = failed ? 'FAIL' : sourceRows + targetRows === 0 ? 'NO_DATA' : 'PASS';
  return {
    status,
    total_tables: results.length,
    tables_matched: matched,
    tables_mismatched: results.length - matched,
    source_total_rows: sourceRows,
    target_total_rows: targetRows,
    timestamp,
    summary: summaryOf(results, status, matched),
    discrepancies: results.flatMap((result) => discrepanciesOf(result, timestamp)),
    recommendations: recommendationsFor(results),
    tables: results.map(({ examples: _, schema: __, ...table }) => table),
    duration_ms: Math.round(durationMs),
  };
}

function summaryOf(results: readonly TableResult[], status: ReportStatus, matched: number): string {
  const count = results.length;
  const errors = results.filter((result) => result.status === 'ERROR').length;
  const unsettled = sum(results, ({ unsettled_rows }) => unsettled_rows);
  const tail = unsettled > 0 ? ` ${plural(unsettled, 'row')} kept changing and could not be judged.` : '';
  if (status === 'NO_DATA')
    return `There was nothing to compare: ${plural(count, 'table')} without rows on either side.${tail}`;
  if (status === 'PASS') return `${count === 1 ? 'The table is' : `All ${count} tables are`} consistent.${tail}`;
  const different = count - matched - errors;
  const parts = [
    ...(different > 0 ? [`Reconciliation found discrepancies in ${different} of ${plural(count, 'table')}.`] : []),
    ...(errors > 0 ? [`${plural(errors, 'table')} could not be compared.`] : []),
    `${plural(matched, 'table')} ${matched === 1 ? 'is' : 'are'} consistent.`,
  ];
  return parts.join(' ') + tail;
}

function discrepanciesOf(result: TableResult, timestamp: string): Discrepancy[] {
  const { table, missing_rows, extra_rows, changed_rows, examples, schema } = result;
  const counts = { source_count: result.source_rows, target_count: result.target_rows, missing_rows, extra_rows };
  const found: Discrepancy[] = [];
  const add = (issue_type: IssueType, severity: Severity, details: Discrepancy['details']) =>
    found.push({ table, issue_type, severity, details, timestamp });
  if (schema !== undefined)
    add('SCHEMA_MISMATCH', schema.missing_columns.length > 0 ? 'CRITICAL' : 'HIGH', { ...counts, ...schema });
  const differing = missing_rows + extra_rows;
  const lists = {
    ...(examples.missing.length > 0 ? { missing_keys: examples.missing.map(({ key }) => key) } : {}),
    ...(examples.extra.length > 0 ? { extra_keys: examples.extra.map(({ key }) => key) } : {}),
  };
  const contents = changed_rows === undefined ? {} : { changed_rows };
  // As many missing as extra rows leave the count as it is: that is not the count's fault but the contents'.
  const counted = missing_rows !== extra_rows;
  if (counted)
    add('ROW_COUNT_MISMATCH', severityOf(differing, result.source_rows), { ...counts, ...contents, ...lists });
  if ((changed_rows ?? 0) > 0 || (!counted && differing > 0)) {
    add('CHECKSUM_MISMATCH', 'CRITICAL', {
      ...counts,
      ...contents,
      ...(counted ? {} : lists),
      ...(examples.changed.length > 0 ? { changed: examples.changed } : {}),
    });
  }
  return found;
}

/** By the share of the source's rows that are missing or extra. */
export function severityOf(differing: number, sourceRows: number): Severity {
  const share = differing / Math.max(1, sourceRows);
  if (share < 0.001) return 'LOW';
  if (share < 0.01) return 'MEDIUM';
  return share < 0.1 ? 'HIGH' : 'CRITICAL';
}

function recommendationsFor(results: readonly TableResult[]): string[] {
  const lines: string[] = [];
  const missing = sum(results, ({ missing_rows }) => missing_rows);
  const extra = sum(results, ({ extra_rows }) => extra_rows);
  const changed = sum(results, ({ changed_rows }) => changed_rows ?? 0);
  const errors = results.filter(({ status }) => status === 'ERROR');
  if (missing > 0) {
    lines.push(
      `Target database is missing ${plural(missing, 'row')}. Check replication lag and connector status, then the dead letter queue.`,
    );
  }
  if (extra > 0) {
    lines.push(
      `Target database has ${plural(extra, 'row')} that the source has not. Look for duplicate inserts, deletes that were not applied, and writes by hand.`,
    );
  }
  if (changed > 0) {
    lines.push(
      `${plural(changed, 'row')} ${changed === 1 ? 'differs' : 'differ'} in contents. Compare the listed columns: type conversion, transforms, or an older event that overwrote a newer row.`,
    );
  }
  if (results.some(({ schema }) => schema !== undefined)) {
    lines.push(
      'The tables do not have the same columns. Check schema evolution of the sink, or map and exclude columns.',
    );
  }
  if (results.some(({ unsettled_rows }) => unsettled_rows > 0)) {
    lines.push('Some rows kept changing. Run again with a longer --settle, or when writers are quieter.');
  }
  const compared = results.some(({ changed_rows }) => changed_rows !== undefined);
  if (missing + extra + changed > 0)
    lines.push(
      compared
        ? '--repair-sql FILE writes the statements that would make the target equal the source.'
        : '--validate-checksums compares the rows themselves, and names those that differ.',
    );
  for (const { table, error } of errors) lines.push(`${table} could not be compared: ${error}`);
  return lines;
}

function sum(results: readonly TableResult[], of: (result: TableResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
