import { connectClient } from '#clients/connect.ts';
import { makeBundle } from '#context/bundle.ts';
import { openTokenizer } from '#context/tokens.ts';
import type { ContextBundle } from '#contracts/context.ts';
import type { LabConnector, LabConnectors } from '#contracts/lab-stack.ts';
import type { Bench } from '#engine/bench.ts';
import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type {
  ContextConnector,
  ContextDedup,
  ContextFacts,
  ContextTable,
  ContextTimes,
  Reading,
} from '#model/context.ts';
import type { LabEvent } from '#model/lab.ts';
import type { Database, Variant, VariantSpec } from '#model/pipeline.ts';
import type { FailureMode } from '#model/scenario.ts';
import { databaseName } from '#pipelines/databases.ts';
import { messageOf } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { redacted } from '#std/redact.ts';
import { eventText } from './context-events.ts';
import { labDecisions } from './decide.ts';
import { memoryOf, readNotes } from './notes.ts';
import type { LiveLab } from './open-lab.ts';
import { modeOf } from './plan.ts';

/** A server that is down on purpose answers late or never: the bundle then says that it was not read. */
const READ_LIMIT_MS = 10_000;
const EVENTS_MAX = 60;
const LOG_LINES_READ = 2000;
const ERRORS_MAX = 15;
const LATE_DAYS = 7;

/**
 * What an agent must know of a failure mode of the lab, within so many tokens. Throws an OperatorError (`unknown-mode`) for a mode
 * that the lab's scenario does not have.
 */
export async function contextOf(lab: LiveLab, mode: string, tokens: number): Promise<ContextBundle> {
  const [count, facts] = await Promise.all([openTokenizer(), readFacts(lab, modeOf(lab.options.scenario, mode))]);
  return makeBundle(facts, { tokens, count });
}

async function readFacts(lab: LiveLab, { id, title, story, steps }: FailureMode): Promise<ContextFacts> {
  const [report, lags, asked] = [lab.report(), lab.lags(), await lab.connectors()];
  const { connectors } = asked;
  const { decisions } = labDecisions({ report, lags, connectors: asked, specs: lab.options.variants });
  const { bench } = lab;
  const ask = <T>(read: (bench: Bench) => Promise<T>): Promise<Reading<T>> => reading(bench, read);
  const [configs, tables, compatibility, dedup, times] = await Promise.all([
    ask((of) => configurations(of, connectors)),
    ask((of) => tablesOf(of, lab)),
    ask(levels),
    ask(dedupOf),
    ask(timesOf),
  ]);
  return {
    ...{ mode: id, title, story, steps, report, lags, connectors, decisions },
    ...{ configs, tables, compatibility, dedup, times },
    memory: memoryOf(report, readNotes(lab.options.home)),
    consuming: Object.fromEntries(Object.entries(lab.options.variants).map(([name, spec]) => [name, howOf(spec)])),
    events: recentEvents(lab),
    errors: Object.fromEntries(lab.stack().nodes.map(({ name, log }) => [name, errorLines(log)])),
  };
}

async function reading<T>(bench: Bench | undefined, read: (bench: Bench) => Promise<T>): Promise<Reading<T>> {
  if (bench === undefined) return { refused: 'the lab is not ready' };
  const late = AbortSignal.timeout(READ_LIMIT_MS);
  try {
    return await Promise.race([
      read(bench).then((found) => ({ read: found })),
      new Promise<Reading<T>>((done) =>
        late.addEventListener('abort', () => done({ refused: `no answer within ${READ_LIMIT_MS} ms` }), { once: true }),
      ),
    ]);
  } catch (error) {
    return { refused: redacted('', messageOf(error)) };
  }
}

function configurations({ stack }: Bench, connectors: LabConnectors['connectors']): Promise<ContextConnector[]> {
  return Promise.all(
    connectors.map(async ({ name, type }: LabConnector) => {
      const client = connectClient(stack.workers[type]);
      const [config = {}, offsets] = await Promise.all([client.config(name), client.offsets(name)]);
      const shown = Object.entries(config).map(([property, value]) => [property, redacted(property, value)]);
      return { name, config: Object.fromEntries(shown), offsets };
    }),
  );
}

async function tablesOf({ pipeline, stack }: Bench, { options: { scenario } }: LiveLab): Promise<ContextTable[]> {
  const tables = await pipeline.tables();
  const engine = engineOf(stack.source);
  const first = engine.server.openNamed(stack.source, databaseName(stack.source, `driftlab_${scenario.workload.name}`));
  const before = await engine.compare
    .readCatalog(first)
    .catch(() => undefined)
    .finally(() => first.close());
  const sinks = await Promise.all(
    databaseSinks(pipeline.variants).map(
      async ({ name, sink }) => [name, await engineOf(sink).compare.readCatalog(sink)] as const,
    ),
  );
  return tables.map((table) => {
    const was = before?.find(({ name }) => name === table.name)?.columns.map(({ name }) => name);
    return {
      table: tableId(table),
      ...{ key: table.key, columns: table.columns },
      ...(was === undefined ? {} : { before: was }),
      sinks: Object.fromEntries(
        sinks.map(([variant, all]) => [
          variant,
          all.find(({ name }) => name === table.name)?.columns.map(({ name }) => name) ?? [],
        ]),
      ),
    };
  });
}

/** Those whose sink can be asked in SQL. */
function databaseSinks(variants: ReadonlyMap<string, Variant>): readonly Variant[] {
  return [...variants.values()].filter(({ objects }) => objects === undefined);
}

async function levels({ pipeline: { registry } }: Bench): Promise<Readonly<Record<string, string>>> {
  if (registry === undefined) return {};
  const subjects = await registry.subjects();
  return Object.fromEntries(await Promise.all(subjects.map(async (one) => [one, await registry.compatibility(one)])));
}

async function dedupOf({ pipeline }: Bench): Promise<ContextDedup[]> {
  const kept = databaseSinks(pipeline.variants).filter(({ spec }) => spec.mode === 'dedup');
  const all = await Promise.all(
    kept.map(async ({ name, sink }) => {
      const { dedupState } = engineOf(sink).sink;
      return (await sink.query<Omit<ContextDedup, 'variant'>>(dedupState)).map((row) => ({ variant: name, ...row }));
    }),
  );
  return all.flat();
}

async function timesOf({ pipeline }: Bench): Promise<ContextTimes[]> {
  const all = await Promise.all(databaseSinks(pipeline.variants).map(({ name, sink }) => timesAt(name, sink)));
  return all.flat();
}

const ARRIVED = '_cdc_received';

async function timesAt(variant: string, sink: Database): Promise<ContextTimes[]> {
  const { compare, dialect } = engineOf(sink);
  const found: ContextTimes[] = [];
  for (const table of await compare.readCatalog(sink)) {
    const business = table.columns.find(({ name }) => /^(created|occurred|happened)_at$/.test(name));
    if (business === undefined || !table.columns.some(({ name }) => name === ARRIVED)) continue;
    const [at, captured, received] = [business.name, '_cdc_captured_at', ARRIVED].map((name) => dialect.quote(name));
    const id = tableId(table);
    const [row] = await sink.query<Record<string, string | null>>(
      `SELECT count(*) AS n, min(${at}) AS b1, max(${at}) AS b2, min(${captured}) AS c1, max(${captured}) AS c2, min(${received}) AS r1, max(${received}) AS r2, ` +
        `sum(CASE WHEN ${received} > ${dialect.daysAfter(at ?? '', LATE_DAYS)} THEN 1 ELSE 0 END) AS late FROM ${dialect.quoteTable(id)}`,
    );
    const value = (name: string): string | null => row?.[name] ?? null;
    found.push({
      ...{ variant, table: id, business_time: business.name, rows: value('n') ?? '0', late: value('late') ?? '0' },
      business: [value('b1'), value('b2')],
      captured: [value('c1'), value('c2')],
      received: [value('r1'), value('r2')],
    });
  }
  return found;
}

/** How a variant consumes: `upsert, schema evolve, errors stop, commit after`. */
function howOf({ kind, mode, schema, errors, commit }: VariantSpec): string {
  const switches = { schema, errors, commit };
  const said = Object.entries(switches).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return [mode ?? kind, ...said].join(', ');
}

function recentEvents({ hub }: LiveLab): ContextFacts['events'] {
  const told = hub.since(undefined).flatMap(({ event }: { readonly event: LabEvent }) => {
    const text = eventText(event);
    return text === undefined ? [] : [{ at: event.at, text }];
  });
  return told.slice(-EVENTS_MAX);
}

/** Lines of a log that report an error, each once, without what is secret in them. */
function errorLines(log: string): readonly string[] {
  const lines = logTail(log, LOG_LINES_READ)
    .split('\n')
    .filter((line) => /\b(?:ERROR|FATAL|PANIC)\b|Caused by:|\[ERROR\]/.test(line));
  return [...new Map(lines.map((line) => [line.replaceAll(/\d+/g, '#'), redacted('', line)])).values()].slice(
    -ERRORS_MAX,
  );
}
