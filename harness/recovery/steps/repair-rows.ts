import type { RecoveryVerdict } from '#contracts/recovery.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import type { ReconcileReport } from '#reconcile/report.ts';
import { runStatements } from '../databases.ts';
import type { Needed, RecoveryStep } from '../step.ts';
import type { Databases } from '../world.ts';

/** Rows that writers change while they are repaired are repaired anew. */
const ROUNDS = 3;
const SHOWN = 20;

/** Columns that name a row, of tables by their names at the source, where that is not the primary key of both sides. */
export type Keys = Readonly<Record<string, readonly string[]>>;

/** Makes the rows of the target those of the source: what is missing is added, what is too much removed, what differs set. */
export function repairRows(world: Databases, keys: Keys = {}): RecoveryStep {
  return {
    id: 'repair-rows',
    title: "make the target's rows those of the source",
    at: `the target ${world.target.where}`,
    look: async () => needed(world, await compared(world, keys), keys),
    async holds() {
      const { report } = await compared(world, keys);
      return { holds: report.status !== 'FAIL', saw: sawOf(report) };
    },
  };
}

/** Compares both sides, every row and column. */
export async function verdictOf(world: Databases): Promise<RecoveryVerdict> {
  const { report } = await compared(world, {});
  return { status: report.status, says: sawOf(report) };
}

interface Compared {
  readonly report: ReconcileReport;
  /** What would make the target equal, in its order. Comments say what no statement could do. */
  readonly statements: readonly string[];
  /** What a session runs before them; it ends with the beginning of a transaction. */
  readonly begins: string;
}

async function compared({ source, target, tables, settleMs, signal }: Databases, keys: Keys): Promise<Compared> {
  const statements: string[] = [];
  let begins = '';
  const report = await reconcile(
    {
      ...{ sourceUrl: source.url, targetUrl: target.url, validateChecksums: true, ignoredPrefixes: ['_cdc_'] },
      ...{ settleMs, jobs: 2, details: 5, hashing: 'auto' },
      tables: tables.map(({ source: from, target: to }) => ({
        ...{ source: from, target: to, excludeColumns: [], mapColumns: {}, mapTypes: {} },
        ...(keys[from] === undefined ? {} : { key: keys[from] }),
      })),
    },
    {
      signal,
      onRepair(statement, beginning) {
        begins = beginning;
        statements.push(statement);
      },
    },
  );
  return { report, statements, begins };
}

const isComment = (statement: string): boolean => statement.startsWith('--');

function needed(world: Databases, { report, statements, begins }: Compared, keys: Keys): Needed {
  const saw = sawOf(report);
  const run = statements.filter((statement) => !isComment(statement));
  if (run.length === 0) return { saw, run: [] };
  const left = run.length - SHOWN;
  return {
    saw,
    run: left > 0 ? [...run.slice(0, SHOWN), `… and ${left} more`] : run,
    apply: () => repair(world, { begins, statements: run }, keys),
  };
}

/** Runs the statements in one transaction; what writers have changed meanwhile is compared and repaired anew. */
async function repair(world: Databases, first: Omit<Compared, 'report'>, keys: Keys): Promise<void> {
  let { begins, statements } = first;
  for (let round = 1; round <= ROUNDS && statements.length > 0; round++) {
    const beginning = begins.split(/;\s*/).filter((part) => part !== '');
    await runStatements(world.target, [...beginning, ...statements, 'COMMIT'], world.signal);
    const again = await compared(world, keys);
    begins = again.begins;
    statements = again.statements.filter((statement) => !isComment(statement));
  }
}

function sawOf({ tables }: ReconcileReport): string {
  return tables.map(toldTable).join('; ');
}

function toldTable(table: ReconcileReport['tables'][number]): string {
  const {
    error,
    missing_rows: missing,
    extra_rows: extra,
    changed_rows: changed = 0,
    unsettled_rows: unsettled,
  } = table;
  if (error !== undefined) return `${table.table}: ${error}`;
  const counts = [
    ...(missing > 0 ? [`${missing} rows missing`] : []),
    ...(extra > 0 ? [`${extra} too many`] : []),
    ...(changed > 0 ? [`${changed} that differ`] : []),
    ...(unsettled > 0 ? [`${unsettled} that kept changing`] : []),
  ];
  return `${table.table}: ${counts.length === 0 ? `equal, ${table.source_rows} rows` : counts.join(', ')}`;
}
