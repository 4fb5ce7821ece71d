import { GENERATED_SQL } from './catalog.ts';
import type { MariadbDatabase } from './client.ts';
import { flavourOf } from './flavour.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';
import { withoutDatabase } from './sql-statements.ts';

type Run = Parameters<Parameters<MariadbDatabase['session']>[0]>[0];

/** An object of a database, and of which kind `SHOW CREATE` is asked. */
interface Named {
  readonly kind: string;
  readonly name: string;
}

/**
 * Fills a new database with a copy of another on the same server: tables with their keys, counters, checks and rows,
 * sequences, views, routines, triggers and events. To whom neither belongs, nothing of it is seen in the binary log.
 */
export async function copyDatabase(admin: MariadbDatabase, from: string, to: string): Promise<void> {
  await admin.session(async (run) => {
    await run(flavourOf(admin).copySession);
    await withoutLog(run);
    await run(`USE ${quoteIdent(to)}`);
    const tables = await tablesOf(run, from);
    const ofKind = (...kinds: string[]): Named[] => tables.filter(({ kind }) => kinds.includes(kind));
    for (const { name } of ofKind('SEQUENCE')) await copySequence(run, from, name);
    const filled = ofKind('BASE TABLE', 'SYSTEM VERSIONED');
    for (const { name } of filled) await create(run, from, { kind: 'TABLE', name });
    for (const { name } of filled) await copyRows(run, from, name);
    for (const routine of await routinesOf(run, from)) await create(run, from, routine);
    await createViews(run, from, ofKind('VIEW'));
    // After the rows, which they would act on.
    for (const trigger of await triggersOf(run, from)) await create(run, from, trigger);
    for (const event of await eventsOf(run, from)) await create(run, from, event);
  });
}

/** A source's connector has nothing to read of a copy that was made before it. Somebody's own server may forbid this. */
async function withoutLog(run: Run): Promise<void> {
  try {
    await run('SET sql_log_bin = 0');
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ER_SPECIFIC_ACCESS_DENIED_ERROR') throw error;
  }
}

async function named(run: Run, sql: string, database: string): Promise<Named[]> {
  const { rows } = await run(sql, [database]);
  return rows.map(([kind, name]) => ({ kind: kind as string, name: name as string }));
}

const tablesOf = (run: Run, database: string): Promise<Named[]> =>
  named(
    run,
    'SELECT table_type, table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY 2',
    database,
  );

const routinesOf = (run: Run, database: string): Promise<Named[]> =>
  named(
    run,
    `SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = ?
     ORDER BY routine_type <> 'FUNCTION', routine_type, routine_name`,
    database,
  );

const triggersOf = (run: Run, database: string): Promise<Named[]> =>
  named(
    run,
    `SELECT 'TRIGGER', trigger_name FROM information_schema.triggers WHERE event_object_schema = ?
     ORDER BY event_object_table, action_timing, event_manipulation, action_order`,
    database,
  );

const eventsOf = (run: Run, database: string): Promise<Named[]> =>
  named(run, `SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = ? ORDER BY 2`, database);

/** Makes an object of the current database from what the server says of the one of the same name in another. */
async function create(run: Run, from: string, { kind, name }: Named): Promise<void> {
  const { columns, rows } = await run(`SHOW CREATE ${kind} ${quoteIdent(from)}.${quoteIdent(name)}`);
  const value = (column: RegExp): string | undefined =>
    rows[0]?.[columns.findIndex((one) => column.test(one))] ?? undefined;
  const sql = value(/^(Create .*|SQL Original Statement)$/);
  if (sql === undefined) throw new Error(`the server does not show how ${kind} ${name} is created`);
  // What a routine means depends on the mode that it was created in.
  const mode = value(/^sql_mode$/);
  if (mode === undefined) return void (await run(withoutDatabase(sql, from)));
  await run(`SET @driftlab_mode = @@sql_mode, sql_mode = ${quoteLiteral(mode)}`);
  await run(sql);
  await run('SET sql_mode = @driftlab_mode');
}

/** A view may read others: whatever can be made is, until nothing is left. */
async function createViews(run: Run, from: string, views: readonly Named[]): Promise<void> {
  const left: Named[] = [];
  let refusal: unknown;
  for (const view of views)
    try {
      await create(run, from, view);
    } catch (error) {
      refusal = error;
      left.push(view);
    }
  if (left.length === 0) return;
  if (left.length === views.length) throw refusal;
  await createViews(run, from, left);
}

async function copySequence(run: Run, from: string, name: string): Promise<void> {
  await create(run, from, { kind: 'SEQUENCE', name });
  const { rows } = await run(`SELECT next_not_cached_value, cycle_count FROM ${quoteIdent(from)}.${quoteIdent(name)}`);
  const [next, cycle] = rows[0] ?? [];
  await run(`SELECT SETVAL(${quoteIdent(name)}, ${next}, 0, ${cycle})`);
}

/** All columns but those that the database computes. */
async function copyRows(run: Run, from: string, name: string): Promise<void> {
  const { rows } = await run(
    `SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?
       AND NOT (${GENERATED_SQL}) ORDER BY ordinal_position`,
    [from, name],
  );
  const columns = rows.map(([column]) => quoteIdent(column as string)).join(', ');
  await run(
    `INSERT INTO ${quoteIdent(name)} (${columns}) SELECT ${columns} FROM ${quoteIdent(from)}.${quoteIdent(name)}`,
  );
}
