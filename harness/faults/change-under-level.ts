import { type Column, type TableId, tableId } from '#model/catalog.ts';
import type { ColumnChange, ColumnDefinition } from '#model/definition.ts';
import type { Evidence, Fault, FaultContext, Refusal } from '#model/fault.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Compatibility, SchemaRegistry } from '#model/registered-schema.ts';
import { OperatorError } from '#std/errors.ts';
import { schemaRefusalIn } from '#std/schema-refusal.ts';
import { failedOf } from './consumers.ts';
import { injection, orUndo, unaborted } from './injection.ts';

export interface ChangeUnderLevelOptions {
  /** A table of the source; its schema may be left out where it is the engine's own. */
  readonly table: string;
  /** What the registry demands of the next schema of the table's values. */
  readonly level: Compatibility;
  /** What is done to one column, one after another, while the writers stand. */
  readonly changes: readonly ColumnChange[];
  /** What is so then: `points is widened to 64 bits`. */
  readonly what: string;
  /** The workload's word for it. */
  readonly tell?: string;
  /** Whether the registry refuses the schema: where it does otherwise, the fault has had no effect. */
  readonly refused: boolean;
  /** What is added by hand to the table of a sink whose consumer refuses the change, before that one is started again. */
  readonly byHand?: ColumnDefinition;
}

/** Changes of the table that must have been captured with the new schema, or written while it is refused. */
const CHANGES = 30;
const LIMIT_MS = 60_000;

/**
 * Changes a column under load while the registry demands a compatibility level. Where the registry refuses the new schema, the
 * source connector's task fails, and what is written waits at the source. Healed by what its owner would do: the level NONE and the
 * connector started again, and at a sink that refuses the column, the column added by hand.
 */
export function changeUnderLevel(options: ChangeUnderLevelOptions): Fault {
  const { table, level, what, tell } = options;
  return {
    kind: 'change-under-level',
    needs: ['source-ddl', 'column-ddl', 'registry'],
    disturbs: ['connect', 'connect-sink'],
    looksMeanwhile: true,
    async inject(context) {
      const { pipeline, writers, signal, say } = context;
      const wanted = pipeline.tableId(table);
      const registry = registryOf(context);
      const subject = subjectOf(context, wanted);
      const before = await columnOf(context, wanted, options);
      const failedBefore = await failedOf([...pipeline.variants.values()]);
      await registry.setCompatibility(subject, level, signal);
      const lax = (): Promise<void> => registry.setCompatibility(subject, 'NONE', unaborted(signal));
      return orUndo(lax, async () => {
        for (const change of options.changes) await applyChange(context, wanted, change);
        if (tell !== undefined) writers.tell(tell);
        const outage = openOutage(context, wanted, failedBefore);
        say(`${level}: ${what}`);
        await outage.answered();
        return injection({
          async heal() {
            await outage.end(registry, subject);
            await fitSinks(context, wanted, options, outage.sinks);
          },
          async evidence() {
            const after = await columnOf(context, wanted, options);
            const changed = JSON.stringify(before) !== JSON.stringify(after);
            return evidenceOf({ options, subject, changed, refused: outage.refused(), figures: outage.figures() });
          },
        });
      });
    },
  };
}

function registryOf({ pipeline: { registry } }: Pick<FaultContext, 'pipeline'>): SchemaRegistry {
  if (registry === undefined) throw new Error('the pipeline has no schema registry');
  return registry;
}

/** The subject of what the table's topic holds as values, as converters name it by default. */
function subjectOf({ pipeline: { routes } }: Pick<FaultContext, 'pipeline'>, table: TableId): string {
  const route = routes.find((one) => one.table === table);
  if (route === undefined) throw new Error(`${table} is not captured`);
  return `${route.topic}-value`;
}

/** The column as the catalog has it. One that is to be changed and is not there, or to be added and is, is the operator's matter. */
async function columnOf(
  { pipeline }: Pick<FaultContext, 'pipeline'>,
  wanted: TableId,
  { changes: [first], table }: Pick<ChangeUnderLevelOptions, 'changes' | 'table'>,
): Promise<Column | undefined> {
  if (first === undefined) throw new Error(`no change of ${table}`);
  const { name } = definitionIn(first);
  const tables = await pipeline.tables();
  return tables.find((one) => tableId(one) === wanted)?.columns.find((column) => column.name === name);
}

function definitionIn(change: ColumnChange): ColumnDefinition {
  if ('add' in change) return change.add;
  return 'alter' in change ? change.alter : change.drop;
}

async function applyChange({ pipeline }: FaultContext, table: TableId, change: ColumnChange): Promise<void> {
  if ('add' in change) return pipeline.addColumn(table, change.add);
  const { name } = definitionIn(change);
  const there = (await pipeline.tables()).find((one) => tableId(one) === table);
  if (!there?.columns.some((column) => column.name === name))
    throw new OperatorError({
      code: 'column-missing',
      message: `${table} has no column ${name} that could be changed`,
      expected: `a column ${name}, which an earlier step adds`,
      found: there?.columns.map((column) => column.name).join(', ') ?? 'no such table',
      hint: 'inject the step that adds it first',
    });
  await pipeline.alterColumn?.(table, change);
}

/** Who refused a change, for how long, and what waited meanwhile. */
interface Outage {
  /** Resolves once the change has been captured, or refused and waited for. */
  answered(): Promise<void>;
  /** Brings a refusal by the registry to its end. */
  end(registry: SchemaRegistry, subject: string): Promise<void>;
  /** Consumers that have refused the change. */
  readonly sinks: ReadonlyMap<string, Refusal>;
  refused(): readonly Refusal[];
  figures(): { readonly waiting: number; readonly outageMs: number; readonly captured: number };
}

function openOutage(context: FaultContext, table: TableId, failedBefore: ReadonlySet<string>): Outage {
  const { pipeline, writers, until, signal } = context;
  const mark = writers.operations.length;
  const sinks = new Map<string, Refusal>();
  let source: (Refusal & { readonly since: number }) | undefined;
  let waiting = 0;
  let outageMs = 0;
  const written = () => writers.operations.slice(mark).filter((op) => op.table === table);
  const captured = (): number => written().filter((op) => pipeline.log.holds(op.table, op.key, op.txn)).length;
  const look = async (): Promise<boolean> => {
    source ??= await sourceRefusal(context);
    return source !== undefined;
  };
  const applied = (): Promise<void> => untilTaken(context, failedBefore, sinks);
  return {
    sinks,
    async answered() {
      await until('the change to be captured, or refused', async () => captured() >= CHANGES || (await look()), {
        limitMs: LIMIT_MS,
        saw: () => `${captured()} of ${CHANGES} changes captured`,
      });
      if (source !== undefined)
        await until('changes to wait for the connector', () => written().length - captured() >= CHANGES, {
          limitMs: LIMIT_MS,
          saw: () => `${written().length - captured()} of ${CHANGES}`,
        });
      await applied();
    },
    async end(registry, subject) {
      if (source === undefined) return;
      waiting = written().length - captured();
      await registry.setCompatibility(subject, 'NONE', unaborted(signal));
      await pipeline.capture.restartFailed(unaborted(signal));
      outageMs = Math.round(performance.now() - source.since);
      if (signal.aborted) return;
      await until('what waited to be captured', () => captured() >= CHANGES, {
        limitMs: LIMIT_MS,
        saw: () => `${captured()} of ${CHANGES}`,
      });
      await applied();
    },
    refused: () => [...(source === undefined ? [] : [withoutTime(source)]), ...sinks.values()],
    figures: () => ({ waiting, outageMs, captured: captured() }),
  };
}

/** Waits until every consumer that had not failed before has applied what is in the log now, or has failed. */
async function untilTaken(
  { pipeline, until }: FaultContext,
  failedBefore: ReadonlySet<string>,
  sinks: Map<string, Refusal>,
): Promise<void> {
  const ends = await pipeline.log.endOffsets();
  const answers = async (variant: Variant): Promise<boolean> => {
    if (failedBefore.has(variant.name)) return true;
    const { state, error } = await variant.status();
    if (state !== 'failed') return pipeline.log.lag(await variant.applied(), ends).records === 0;
    sinks.set(variant.name, { by: 'sink', name: variant.name, says: error ?? 'its consumer has failed' });
    return true;
  };
  await until(
    'every consumer to take the change, or to refuse it',
    async () => (await Promise.all([...pipeline.variants.values()].map(answers))).every((one) => one),
    { limitMs: LIMIT_MS, saw: () => `${sinks.size} refused it` },
  );
}

function withoutTime({ since: _, ...refusal }: Refusal & { readonly since: number }): Refusal {
  return refusal;
}

async function sourceRefusal({
  pipeline: { capture },
}: FaultContext): Promise<(Refusal & { readonly since: number }) | undefined> {
  const { state, error = 'its task has failed', trace = error } = await capture.status();
  if (state !== 'failed') return undefined;
  const since = performance.now();
  const refusal = schemaRefusalIn(trace);
  if (refusal === undefined) return { by: 'source-connector', name: capture.name, says: error, since };
  return { by: 'registry', name: refusal.subject, status: refusal.status, says: refusal.says, since };
}

/** What the owner of a sink does whose consumer cannot make its table fit. */
async function fitSinks(
  { pipeline }: FaultContext,
  table: TableId,
  { byHand }: ChangeUnderLevelOptions,
  sinks: ReadonlyMap<string, Refusal>,
): Promise<void> {
  if (byHand === undefined) return;
  for (const name of sinks.keys()) {
    const variant = pipeline.variants.get(name);
    if (variant?.restartFailed === undefined) continue;
    await pipeline.addColumnAtSink(variant, table, byHand);
    await variant.restartFailed();
  }
}

interface Answered {
  readonly options: ChangeUnderLevelOptions;
  readonly subject: string;
  /** The source's catalog has the column otherwise than before. */
  readonly changed: boolean;
  readonly refused: readonly Refusal[];
  readonly figures: ReturnType<Outage['figures']>;
}

function evidenceOf({ options, subject, changed, refused, figures }: Answered): Evidence {
  const { level, what } = options;
  const [first] = refused.filter(({ by }) => by !== 'sink');
  const sinks = refused.filter(({ by }) => by === 'sink');
  const asRuled = first === undefined ? !options.refused : options.refused && first.by === 'registry';
  const told = [
    first === undefined
      ? `the registry took the schema, and ${figures.captured} changes were captured with it`
      : `${refusalWords(first)}; ${figures.waiting} changes waited ${(figures.outageMs / 1000).toFixed(1)} s for the level NONE and the connector to be started again`,
    ...sinks.map(refusalWords),
    ...(changed ? [] : ["the source's table is as it was before"]),
    ...(asRuled ? [] : [`under ${level} a registry ${options.refused ? 'refuses' : 'takes'} that`]),
  ];
  const places = [...new Set(refused.map(({ by }) => by))];
  return {
    bit: changed && asRuled,
    summary: `under ${level}, ${what}: ${told.join('; ')}`,
    figures: {
      ...{ level, ...changeOf(options), subject, refused_by: places.length === 0 ? 'nobody' : places.join(', ') },
      ...(first?.status === undefined ? {} : { http_status: first.status }),
      ...(first === undefined ? {} : { changes_waiting: figures.waiting, outage_ms: figures.outageMs }),
    },
    refused,
  };
}

/** The column, and what became of it in the end. */
function changeOf({ changes }: ChangeUnderLevelOptions): { readonly column: string; readonly change: string } {
  const column = changes.map((change) => definitionIn(change).name)[0] ?? '';
  if (changes.some((change) => 'drop' in change)) return { column, change: 'dropped' };
  const fallback = changes.map((change) => definitionIn(change).default).at(-1);
  const added = changes.some((change) => 'add' in change);
  return { column, change: added ? `added ${fallback === undefined ? 'without' : 'with'} a default` : 'altered' };
}

/** Their own words are reported beside it. */
function refusalWords({ by, name, status }: Refusal): string {
  switch (by) {
    case 'registry':
      return `the registry refused the schema of the subject ${name} (HTTP ${status}), and the source connector failed`;
    case 'source-connector':
      return `the source connector ${name} failed`;
    case 'sink':
      return `the consumer of ${name} refused it`;
  }
}
