import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkaClient } from '#clients/kafka.ts';
import { reached } from '#engine/drain.ts';
import { engineOf } from '#engines/index.ts';
import { createDatabase } from '#engines/postgres/admin.ts';
import { builtin, debeziumJdbc } from '#lab.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Design, Variant, VariantSpec } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import type { Text } from '#model/values.ts';
import { type OpenedPipeline, openPipeline } from '#pipelines/open-pipeline.ts';
import { startVariant, type VariantContext } from '#pipelines/open-variant.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { openVerifier } from '#verify/verifier.ts';
import { memoryLedger } from './plant-log.ts';
import { startTestStack } from './stack.ts';
import { COLUMNS, REFUSED, SETUP_SQL, type TortureColumn } from './types.ts';

/** Findings are cut off at so many of a class, in the order of the tables: `all_types` comes first. */
const EVERYTHING = 'all_types';
const CARRIED = 'carried';
/** Columns whose names Avro forbids. */
const ODD = 'odd';
const STREAMED_FROM = 100;
const LIMIT_MS = 60_000;

const columns = Object.entries(COLUMNS);
const carried = columns.filter(([, { jdbc }]) => jdbc !== 'leaves out');
const ROWS = Math.max(...columns.map(([, { values }]) => values.length));
const BUILTIN = ['insert', 'upsert', 'dedup'] as const;
const refusing = (index: number) => `refuses-${index}`;
const refused = (index: number) => `refused_${index}`;

type Columns = readonly (readonly [string, TortureColumn])[];

function create(table: string, of: Columns): string {
  return `CREATE TABLE ${table} (id int PRIMARY KEY, ${of.map(([name, { type }]) => `${name} ${type}`).join(', ')});`;
}

function insert(table: string, of: Columns, from: number): string {
  const written = of.filter(([, { values }]) => values.length > 0);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const values = written.map(([, { type, values, jdbcLeavesOut }]) => {
      const left = table === CARRIED && jdbcLeavesOut?.includes(row) === true;
      const none = type.includes('IDENTITY') ? String(row) : 'NULL';
      return left ? none : (values[row] ?? none);
    });
    return `(${[from + row, ...values].join(', ')})`;
  });
  return rows
    .map((row) => `INSERT INTO ${table} (id, ${written.map(([name]) => name).join(', ')}) VALUES ${row};`)
    .join('\n');
}

/** By row and column what the sink must have instead of the source's value; of no variant, what the log has. */
function alterations(of: Columns, variant: 'jdbc' | undefined): Record<string, Record<string, Text>> {
  const found: Record<string, Record<string, Text>> = {};
  for (const [name, column] of of) {
    const { altered = [], jdbc = [] } = column;
    const own = variant === 'jdbc' ? jdbc : [];
    for (const { value, to, only } of [...altered, ...(own === 'leaves out' ? [] : own)])
      for (const phase of ['snapshot', 'stream'] as const) {
        if (only !== undefined && only !== phase) continue;
        const key = JSON.stringify([String(value + (phase === 'stream' ? STREAMED_FROM : 0))]);
        found[key] = { ...found[key], [name]: to };
      }
  }
  return found;
}

/** Parts of a pipeline that is observed and not demanded to be sound. */
const OBSERVED: Design = {
  ...{ connectors: [], sinkSql: [], plugins: { folders: [], classes: [] }, hidden: false, setUpLimitMs: 60_000 },
};

let stack: Stack;
let pipeline: OpenedPipeline;
const parts = new AsyncDisposableStack();
let verdicts: readonly VariantVerdict[] = [];
let withoutSchemas: readonly VariantVerdict[] = [];
let oddAtSink: readonly unknown[] = [];
const ending = new AbortController();

beforeAll(async () => {
  stack = await startTestStack();
  const template = await createDatabase(stack.source, 'types');
  await template.query(SETUP_SQL);
  await template.query(create(EVERYTHING, columns) + create(CARRIED, carried));
  await template.query(insert(EVERYTHING, columns, 0) + insert(CARRIED, carried, 0));
  await template.query(
    `CREATE TABLE ${ODD} ("the-id" int PRIMARY KEY, "1st" numeric(8,2), größe text, plain_name text);
     INSERT INTO ${ODD} VALUES (1, 1.50, 'a', 'b'), (2, NULL, NULL, NULL)`,
  );
  for (const [index, { type, values }] of REFUSED.entries()) {
    await template.query(`CREATE TABLE ${refused(index)} (id int PRIMARY KEY, v ${type})`);
    const rows = values.map((value, row) => `(${row}, ${value})`);
    await template.query(`INSERT INTO ${refused(index)} VALUES ${rows.join(', ')}`);
  }
  await template.close();
  const over = (table: string) => debeziumJdbc(table, { topics: `t.public.${table}` });
  const builtins = Object.fromEntries(BUILTIN.map((mode) => [mode, builtin({ title: mode, mode })]));
  pipeline = await openPipeline({
    ...{ stack, name: 't', template: 'types', signal: ending.signal },
    variants: { ...builtins, jdbc: over(CARRIED) },
  });
  parts.use(pipeline);
  const rows = await pipeline.sourceRows();
  await until(() => pipeline.log.snapshotReads >= rows, { what: 'the snapshot', limitMs: LIMIT_MS });
  // Values that are refused beside each other only must come in one batch: they are in the log before they are read.
  const late = await startRefusing((index) => over(refused(index)));
  await pipeline.source.query(insert(EVERYTHING, columns, STREAMED_FROM) + insert(CARRIED, carried, STREAMED_FROM));
  await until(() => pipeline.log.records >= rows + 2 * ROWS, { what: 'the stream', limitMs: LIMIT_MS });
  const ends = await pipeline.log.endOffsets();
  const variants = new Map([...pipeline.variants, ...late]);
  await Promise.all(
    [...variants].map(([name, variant]) => {
      const of = new Map([...ends].filter(([partition]) => name !== 'jdbc' || partition.includes(`.${CARRIED}/`)));
      const done = async () => {
        const { state, error = '' } = await variant.status();
        if (name.startsWith('refuses')) return state === 'failed';
        if (state === 'failed') throw new OperatorError({ code: 'failed', message: `${name} has failed: ${error}` });
        return reached(await variant.applied(), of);
      };
      return until(done, { what: `${name} to be through`, limitMs: LIMIT_MS });
    }),
  );
  verdicts = await openVerifier({ pipeline: { ...pipeline, variants }, ledger: memoryLedger() }).finalCheck(new Map());
  withoutSchemas = await carryWithoutSchemas();
}, 240_000);

/** The same by records of JSON without schemas, on a source of its own. */
async function carryWithoutSchemas(): Promise<readonly VariantVerdict[]> {
  const { signal } = ending;
  const tables = [`public.${EVERYTHING}`, `public.${ODD}`];
  const { source: port } = engineOf(stack.source);
  const options = { server: stack.source, database: 'plain', prefix: 'plain', tables, brokers: stack.brokers };
  const config: Record<string, string> = { ...port.connectorConfig(options) };
  for (const part of ['key', 'value']) {
    config[`${part}.converter`] = 'org.apache.kafka.connect.json.JsonConverter';
    config[`${part}.converter.schemas.enable`] = 'false';
    config[`${part}.converter.replace.null.with.default`] = 'false';
  }
  config['field.name.adjustment.mode'] = 'avro';
  const plain = parts.use(
    await openPipeline({
      ...{ stack, name: 'plain', template: 'types', signal },
      design: { ...OBSERVED, connectors: [{ name: 'plain', file: 'plain.json', config }] },
      variants: { upsert: builtin({ title: 'upsert', mode: 'upsert' }) },
    }),
  );
  await until(() => plain.log.snapshotReads >= ROWS + 2, { what: 'the snapshot without schemas', limitMs: LIMIT_MS });
  await plain.source.query(insert(EVERYTHING, columns, STREAMED_FROM));
  await until(() => plain.log.records >= 2 * ROWS + 2, { what: 'the stream without schemas', limitMs: LIMIT_MS });
  const ends = await plain.log.endOffsets();
  const [upsert] = plain.variants.values();
  await until(async () => reached((await upsert?.applied()) ?? new Map(), ends), {
    what: 'upsert to be through without schemas',
    limitMs: LIMIT_MS,
  });
  oddAtSink = (await upsert?.sink.query(`SELECT "the-id", "1st", größe, plain_name FROM ${ODD} ORDER BY 1`)) ?? [];
  return openVerifier({ pipeline: plain, ledger: memoryLedger() }).finalCheck(new Map());
}

/** Sink connectors that stop. */
async function startRefusing(spec: (index: number) => VariantSpec): Promise<[string, Variant][]> {
  const { signal } = ending;
  const admin = kafkaClient(stack.brokers).admin();
  parts.defer(() => admin.disconnect());
  await admin.connect();
  const context: VariantContext = {
    ...{
      pipeline: 't',
      stack,
      source: pipeline.source,
      suspended: false,
      prefix: 't',
      admin,
      routes: pipeline.routes,
      signal,
    },
    design: OBSERVED,
    tables: await pipeline.tables(),
    keeping: { data: false, signal },
    ...{ effects: false, logs: tmpdir(), onReplaced: () => {}, onUnchecked: () => {}, eventKeys: new Map() },
    readByAny: new Set(),
  };
  return Promise.all(
    REFUSED.map(async (_, index) => {
      const name = refusing(index);
      return [name, await startVariant(context, parts, name, spec(index))] as [string, Variant];
    }),
  );
}

afterAll(async () => {
  await parts.disposeAsync();
  await stack?.[Symbol.asyncDispose]();
});

/** By row and column what the report says that the sink has instead of the source's value. */
function reported(variant: string, table: string, of = verdicts): Record<string, Record<string, Text>> {
  const verdict = of.find((one) => one.variant === variant);
  const found: Record<string, Record<string, Text>> = {};
  for (const { table: where, key = '', differs = [], anomaly } of verdict?.findings ?? []) {
    if (where !== `public.${table}`) continue;
    expect(anomaly).toBe('corrupt');
    found[key] = Object.fromEntries(differs.map(({ column, sink }) => [column, sink]));
  }
  return found;
}

describe('every type and every edge of it, by the first snapshot and by the stream', () => {
  for (const variant of BUILTIN)
    test(`${variant} carries all but what the documentation lists, and the report names these`, () => {
      expect(reported(variant, EVERYTHING)).toEqual(alterations(columns, undefined));
    });

  test('so does upsert from JSON without schemas, and the log is read in whole rows', () => {
    expect(reported('upsert', EVERYTHING, withoutSchemas)).toEqual(alterations(columns, undefined));
    const hops = withoutSchemas.flatMap(({ findings }) => findings.map(({ hop }) => hop));
    expect(new Set(hops)).toEqual(new Set(['source-to-log']));
  });

  test('columns that the connector gives other names are applied and judged under their own', () => {
    expect(oddAtSink).toEqual([
      { 'the-id': '1', '1st': '1.50', größe: 'a', plain_name: 'b' },
      { 'the-id': '2', '1st': null, größe: null, plain_name: null },
    ]);
    expect(withoutSchemas.flatMap(({ findings }) => findings.filter(({ table }) => table === `public.${ODD}`))).toEqual(
      [],
    );
  });

  test('so does the JDBC sink connector, of the types that it can write', () => {
    expect(reported('jdbc', CARRIED)).toEqual(alterations(carried, 'jdbc'));
  });

  test('what the connector alters or leaves out is said to have happened before the log, all else behind it', () => {
    const atCapture = alterations(columns, undefined);
    const findings = verdicts
      .filter(({ variant }) => variant === 'upsert' || variant === 'jdbc')
      .flatMap((verdict) => verdict.findings)
      .filter(({ table }) => table === `public.${EVERYTHING}` || table === `public.${CARRIED}`);
    const seen = findings.map(({ key = '', differs = [], hop }) => [
      differs.every(({ column, sink }) => atCapture[key]?.[column] === sink),
      hop,
    ]);
    expect(new Set(seen.map((one) => one.join(' ')))).toEqual(new Set(['true source-to-log', 'false log-to-sink']));
  });
});

describe('a type that the JDBC sink connector cannot write', () => {
  for (const [index, { type, values, error }] of REFUSED.entries())
    test(`${type} ${values.join(' beside ')} stops its task, and the report says why`, () => {
      const verdict = verdicts.find(({ variant }) => variant === refusing(index));
      expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { stalled: 1 } });
      expect(verdict?.findings[0]?.detail).toContain(error);
    });
});
