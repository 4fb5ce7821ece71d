import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import { builtin, debeziumJdbc } from '#lab.ts';
import type { Finding } from '#model/finding.ts';
import type { Variant } from '#model/pipeline.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import type { Text } from '#model/values.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { findMysql } from '#setup/mysql.mjs';
import { until } from '#std/wait.ts';
import { startTestMysql } from '../mysql.ts';
import { startTestStack, withServers } from '../stack.ts';
import { requestFor } from '../two-databases.ts';
import { SETUP_SQL } from '../types.ts';
import { describeMysql } from '../with-mysql.ts';
import { type Corpus, type SinkEngine, TODAY } from './corpus.ts';
import { COLLATING, KEYS, leftOutTable } from './keys.ts';
import { LEFT_OUT, MARIADB_CORPUS } from './mariadb.ts';
import { MYSQL_CORPUS, LEFT_OUT as OF_MYSQL } from './mysql.ts';
import { deadLetters, type OpenedSource, openSource, type SourceSql, type StartedVariant } from './open.ts';
import { POSTGRES_AT_MYSQL, POSTGRES_CORPUS } from './postgres.ts';
import {
  columnName,
  createSql,
  expectedOf,
  insertSql,
  type Plan,
  type PlannedTable,
  planOf,
  rowsOf,
  type Seen,
  STREAMED_FROM,
  tablesOf,
} from './tables.ts';

/** Findings are cut off at so many of a class. */
const FINDINGS_MAX = 20;
const LIMIT_MS = 60_000;

interface Pairing {
  readonly source: SinkEngine;
  readonly sink: SinkEngine;
  readonly corpus: Corpus;
}

const ALL: readonly Pairing[] = [
  { source: 'mariadb', sink: 'postgres', corpus: MARIADB_CORPUS },
  { source: 'mariadb', sink: 'mariadb', corpus: MARIADB_CORPUS },
  { source: 'postgres', sink: 'mariadb', corpus: POSTGRES_CORPUS },
  { source: 'mysql', sink: 'postgres', corpus: MYSQL_CORPUS },
  { source: 'mysql', sink: 'mysql', corpus: MYSQL_CORPUS },
  { source: 'postgres', sink: 'mysql', corpus: POSTGRES_AT_MYSQL },
];
const hasMysql = findMysql() !== undefined;
const ofMysql = ({ source, sink }: Pairing): boolean => [source, sink].includes('mysql');
const PAIRINGS = ALL.filter((pairing) => hasMysql || !ofMysql(pairing));

/** Columns of types that are left out of the comparison, by their source. */
const LEFT: Readonly<Partial<Record<SinkEngine, readonly string[]>>> = { mariadb: LEFT_OUT, mysql: OF_MYSQL };

/** The sinks of one pairing, as far as they have come. */
interface Sinks {
  readonly source: OpenedSource;
  readonly plan: Plan;
  readonly builtin: StartedVariant;
  readonly jdbc: StartedVariant;
  /** Of PostgreSQL's keys alone: a sink that tells them apart less well. */
  readonly collating?: StartedVariant;
  readonly stopping: readonly { readonly variant: Variant; readonly type: string; readonly error: string }[];
}

let stack: Stack;
const servers = new Map<SinkEngine, DatabaseServer>();
const parts = new AsyncDisposableStack();
const opened = new Map<Pairing, Sinks>();

const plans = new Map(PAIRINGS.map((pairing) => [pairing, plannedOf(pairing)] as const));

/** With MySQL, what stops a connector is tried once for each error, the last of its columns: each takes a connector. */
function plannedOf(pairing: Pairing): Plan {
  const plan = planOf(pairing.corpus, pairing.sink);
  if (!ofMysql(pairing)) return plan;
  return { ...plan, stops: [...new Map(plan.stops.map((stop) => [stop.error, stop])).values()] };
}

function sqlOf(source: SinkEngine): SourceSql {
  const own = [...plans].filter(([pairing]) => pairing.source === source).flatMap(([, plan]) => tablesOf(plan));
  const keys = KEYS[source];
  return {
    before: [
      ...(source === 'postgres' ? [SETUP_SQL] : leftOutTable(LEFT[source] ?? [])),
      ...own.flatMap((table) => [createSql(table), insertSql(table, 0)]),
      ...keys.before,
    ],
    after: [...own.map((table) => insertSql(table, STREAMED_FROM)), ...keys.after],
    changes: own.reduce((sum, table) => sum + rowsOf(table), 0) + keys.changes,
  };
}

beforeAll(async () => {
  const mysql = hasMysql ? startTestMysql().then((one) => parts.use(one)) : undefined;
  stack = await startTestStack({ source: 'mariadb', sink: 'postgres' });
  servers.set('mariadb', stack.source).set('postgres', stack.sink);
  if (mysql !== undefined) servers.set('mysql', (await mysql).server);
  const { signal } = new AbortController();
  await Promise.all(
    [...servers].map(async ([engine, server]) => {
      const on = withServers(stack, { source: server });
      const source = parts.use(await openSource(on, { name: `of-${engine}`, sql: sqlOf(engine), signal }));
      // Before the sinks are there, so that each reads all of it.
      await source.write();
      const mine = PAIRINGS.filter((pairing) => pairing.source === engine);
      for (const pairing of mine) opened.set(pairing, await openSinks(source, pairing));
    }),
  );
  await Promise.all(
    [...opened.values()].map(async ({ source, builtin: own, jdbc, collating, stopping }) => {
      for (const { variant } of [own, jdbc, ...(collating === undefined ? [] : [collating])])
        await source.drained(variant);
      for (const { variant, type } of stopping)
        await until(async () => (await variant.status()).state === 'failed', {
          what: `the connector to stop at ${type}`,
          limitMs: LIMIT_MS,
        });
    }),
  );
}, 240_000);

afterAll(async () => {
  await parts.disposeAsync();
  await stack?.[Symbol.asyncDispose]();
});

async function openSinks(source: OpenedSource, pairing: Pairing): Promise<Sinks> {
  const plan = plannedOf(pairing);
  const server = servers.get(pairing.sink);
  if (server === undefined) throw new Error(`no server of ${pairing.sink} has been started`);
  const label = `${pairing.source}-${pairing.sink}`;
  const keys = KEYS[pairing.source].tables;
  const left = LEFT[pairing.source] === undefined ? [] : ['left_out'];
  const jdbc = (title: string, tables: readonly string[]): Promise<StartedVariant> =>
    source.start(server, label, debeziumJdbc(title), tables);
  const collating =
    pairing.source === 'postgres' && pairing.sink !== 'postgres'
      ? await source.start(
          server,
          label,
          builtin({ title: 'collating', mode: 'upsert' }),
          keys,
          COLLATING[pairing.sink].sql,
        )
      : undefined;
  const [own, carried, ...stopping] = await Promise.all([
    source.start(
      server,
      label,
      builtin({ title: 'builtin', mode: 'upsert', errors: 'dlq' }),
      [plan.all, ...plan.refused].map(({ name }) => name).concat(keys, left),
    ),
    jdbc('jdbc', [plan.carried.name, ...keys]),
    ...plan.stops.map(async ({ table, error }, index) => {
      const { variant } = await jdbc(`stops_${index}`, [table.name]);
      return { variant, error, type: table.columns[0]?.column.type ?? '' };
    }),
  ]);
  return { source, plan, builtin: own, jdbc: carried, stopping, ...(collating === undefined ? {} : { collating }) };
}

/** A value without the date of today, which only a time of day gets. */
function undated(column: string, value: Text): Text {
  return column === columnName('zoned_clock') ? (value?.replace(/^\d{4}-\d\d-\d\d(?= )/, TODAY) ?? null) : value;
}

/** What the report says that a sink has instead of the rows of some tables. */
function seenIn(findings: readonly Finding[], table: string): Seen {
  const seen: Record<string, Seen[string]> = {};
  for (const { table: id = '', key = '', anomaly, differs = [] } of findings) {
    // Its other rows are there: each is a finding of its own.
    if (!id.endsWith(`.${table}`) || anomaly === 'partial-transaction') continue;
    seen[key] =
      anomaly === 'lost'
        ? 'lost'
        : Object.fromEntries(differs.map(({ column, sink }) => [column, undated(column, sink)]));
  }
  return seen;
}

/** Groups of tables in which so few rows are refused that the report names each of them. */
function groupsOf(tables: readonly PlannedTable[]): PlannedTable[][] {
  const groups: PlannedTable[][] = [];
  let rows = FINDINGS_MAX;
  for (const table of tables) {
    rows += 2 * rowsOf(table);
    if (rows > FINDINGS_MAX) {
      groups.push([]);
      rows = 2 * rowsOf(table);
    }
    groups.at(-1)?.push(table);
  }
  return groups;
}

function sinksOf(pairing: Pairing): Sinks {
  const found = opened.get(pairing);
  if (found === undefined) throw new Error('its sinks are not open');
  return found;
}

for (const pairing of ALL) {
  const title = `every type of ${pairing.source} at a sink of ${pairing.sink}, by the first snapshot and by the stream`;
  (ofMysql(pairing) ? describeMysql : describe)(title, () => {
    test('the built-in applier carries all but what is listed', async () => {
      const { source, plan, builtin: own } = sinksOf(pairing);
      const findings = await source.findings(own.variant, [plan.all.name]);
      expect(seenIn(findings, plan.all.name)).toEqual(expectedOf(plan.all, pairing.sink, 'builtin'));
    });

    test('what the sink cannot hold is refused, with the reason, and the report calls it lost', async () => {
      const { source, plan, builtin: own } = sinksOf(pairing);
      const expected = new Map(
        plan.refused.map((table) => [table.name, expectedOf(table, pairing.sink, 'builtin')] as const),
      );
      for (const group of groupsOf(plan.refused)) {
        const names = group.map(({ name }) => name);
        const findings = await source.findings(own.variant, names);
        for (const name of names) expect([name, seenIn(findings, name)]).toEqual([name, expected.get(name)]);
      }
      const lost = [...expected.values()].flatMap((seen) => Object.values(seen)).filter((one) => one === 'lost').length;
      const reasons = await deadLetters(stack.brokers, `${pairing.source}-${pairing.sink}-builtin`, lost);
      for (const { name, columns } of plan.refused) {
        const whys = columns.flatMap(({ column }) => column.refused?.[pairing.sink] ?? []).map(({ why }) => why);
        const said = reasons.get(name) ?? [];
        expect([name, said.filter((reason) => !whys.some((why) => reason.includes(why)))]).toEqual([name, []]);
      }
      expect([...reasons.values()].flat()).toHaveLength(lost);
    });

    test('so does the JDBC sink connector, of what it can write', async () => {
      const { source, plan, jdbc } = sinksOf(pairing);
      const findings = await source.findings(jdbc.variant, [plan.carried.name]);
      expect(seenIn(findings, plan.carried.name)).toEqual(expectedOf(plan.carried, pairing.sink, 'jdbc'));
    });

    test('the JDBC sink connector stops at what it cannot write, with the reason', async () => {
      for (const { variant, type, error } of sinksOf(pairing).stopping) {
        const status = await variant.status();
        expect([type, status.state, `${status.error} ${status.trace}`]).toEqual([
          type,
          'failed',
          expect.stringContaining(error),
        ]);
      }
    });

    test('the tables that the lab makes have the types that are listed', async ({ skip }) => {
      if (pairing.source === pairing.sink) skip('a sink of the same engine has the same types');
      const { plan, builtin: own } = sinksOf(pairing);
      const tables = await engineOf(own.variant.sink).compare.readCatalog(own.variant.sink);
      const all = tables.find(({ name }) => name === plan.all.name);
      const made = new Map(all?.columns.map(({ name, type }) => [name, type]));
      expect(plan.all.columns.map(({ name }) => [name, made.get(columnName(name))])).toEqual(
        plan.all.columns.map(({ name, column }) => [name, column.made]),
      );
    });

    test('keys that a collation takes for equal are told apart where they are two, and followed where they are one', async () => {
      const { source, builtin: own, jdbc } = sinksOf(pairing);
      for (const { variant } of [own, jdbc])
        expect([variant.name, await source.findings(variant, KEYS[pairing.source].tables)]).toEqual([variant.name, []]);
    });
  });
}

describe('columns whose values have no text', () => {
  test.each(PAIRINGS.filter(({ source }) => LEFT[source] !== undefined))(
    'of $source are left out at a sink of $sink, each by its name, and the rest of their rows is compared',
    async (pairing) => {
      const { source, builtin: own } = sinksOf(pairing);
      const { title } = engineOf(source.database);
      for (const type of LEFT[pairing.source] ?? [])
        expect(own.unchecked).toContainEqual(
          expect.stringContaining(`db.left_out.v_${type} is not compared: a ${type} of ${title} has no text`),
        );
      expect(await source.findings(own.variant, ['left_out'])).toEqual([]);
      const { quoteTable } = engineOf(own.variant.sink).dialect;
      await own.variant.sink.query(`UPDATE ${quoteTable('left_out')} SET v = 8, v_point = NULL`);
      expect(seenIn(await source.findings(own.variant, ['left_out']), 'left_out')).toEqual({ '["1"]': { v: '8' } });
    },
  );
});

describe('a sink whose collation takes several keys of the source for one', () => {
  test.each(PAIRINGS.filter(({ source }) => source === 'postgres'))(
    'has at $sink one row of them at most: the report and `reconcile` name every other one as lost',
    async (pairing) => {
      const { source, collating } = sinksOf(pairing);
      const { variant } = collating as StartedVariant;
      const { alike, perhaps } = COLLATING[pairing.sink as keyof typeof COLLATING];
      const seen = seenIn(await source.findings(variant, KEYS.postgres.tables), 'keys_plain');
      // Which of them it keeps, and whose values, follows from the order in which the partitions were read.
      for (const keys of alike) expect(keys.map((key) => seen[key])).toContain('lost');
      const others = Object.keys(seen).filter((key) => !alike.flat().includes(key) && !perhaps.includes(key));
      expect(others).toEqual([]);
      const [count] = await variant.sink.query<{ n: string }>('SELECT count(*) AS n FROM keys_plain');
      const lost = Object.values(seen).filter((one) => one === 'lost');
      expect(Number(count?.n) + lost.length).toBe(4);
      const report = await reconcile(requestFor(source.database.url, variant.sink.url, [{ source: 'keys_plain' }]), {
        signal: new AbortController().signal,
      });
      expect(report.tables[0]).toMatchObject({
        missing_rows: lost.length,
        extra_rows: 0,
        changed_rows: Object.keys(seen).length - lost.length,
      });
    },
  );
});
