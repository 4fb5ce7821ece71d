import { causesOf } from '#diagnosis/unknown.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type {
  Cause,
  DiagnosisFacts,
  OwnCircumstances,
  ServerWords,
  SharedCircumstances,
  SourceState,
} from '#model/cause.ts';
import type { Evidence } from '#model/fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Database, Design, OwnConnector, Pipeline, Variant } from '#model/pipeline.ts';
import { type Node, type NodeName, serviceName } from '#model/stack.ts';
import { sinkDatabase } from '#pipelines/open-variant.ts';
import { connectorName } from '#pipelines/own-sinks.ts';
import { redacted } from '#std/redact.ts';
import { schemaRefusalIn } from '#std/schema-refusal.ts';
import { betweenOf, pairOf } from '#verify/observe/plan.ts';
import { type LogMark, loggedBetween, markLogs } from './disturbances.ts';
import { keptWords, workerWords } from './worker-log.ts';

/** Where a step's causes are looked for, beside what was judged. */
export interface Explaining {
  readonly pipeline: Pipeline;
  /** The connectors as their owner wrote them; absent for a scenario of the lab's. */
  readonly design?: Pick<Design, 'connectors'>;
  /** The source as it was when the step began. */
  readonly before?: SourceState;
  /** What the writers were refused. */
  readonly refused?: readonly ServerWords[];
  readonly versions?: Readonly<Record<string, string>>;
  /** The servers, for the workers' logs, and where in them the pipeline begins. */
  readonly nodes: ReadonlyMap<NodeName, Pick<Node, 'name' | 'log'>>;
  readonly from: LogMark;
}

export type Fault = { readonly kind: string } & Pick<Evidence, 'bit' | 'figures'>;

/** What was read for the causes: kept in the history, they can be found again without any server. No secrets are in it. */
export interface Circumstances {
  readonly shared: SharedCircumstances;
  readonly variants: Readonly<Record<string, OwnCircumstances>>;
}

/** Whether anything is wrong with it that has a cause. */
export function isBroken({ findings, verdict }: Pick<VariantVerdict, 'findings' | 'verdict'>): boolean {
  return findings.length > 0 || verdict === 'FAIL';
}

/** Reads what the causes of the broken among these are looked for in; undefined where none is broken. */
export async function readCircumstances(
  explaining: Explaining,
  seen: readonly VariantVerdict[],
): Promise<Circumstances | undefined> {
  const broken = seen.filter(isBroken);
  if (broken.length === 0) return undefined;
  const { pipeline, design, before, refused = [], versions = {} } = explaining;
  const source = await readable(() => engineOf(pipeline.source).source.state(pipeline.source, before));
  const words = [...(await capturedWords(explaining, broken)), ...refused.map(kept)];
  const compatibility = await levelsOf(pipeline, words);
  const shared: SharedCircumstances = {
    sources: (design?.connectors ?? []).map(withoutSecrets),
    tables: (await readable(() => pipeline.tables())) ?? [],
    versions,
    words,
    ...(compatibility === undefined ? {} : { compatibility }),
    ...(source === undefined ? {} : { source }),
  };
  const own = await Promise.all(
    broken.map(async (verdict) => {
      const variant = pipeline.variants.get(verdict.variant);
      if (variant === undefined) throw new Error(`a verdict of the unknown variant ${verdict.variant}`);
      return [verdict.variant, await ownOf(explaining, shared.tables, variant, verdict)] as const;
    }),
  );
  return { shared, variants: Object.fromEntries(own) };
}

/** The causes of what one variant has shown; none where nothing is wrong with it, or nothing was read for it. */
export function explain(
  circumstances: Circumstances | undefined,
  fault: Fault,
  seen: VariantVerdict,
): readonly Cause[] | undefined {
  const own = circumstances?.variants[seen.variant];
  if (circumstances === undefined || own === undefined || !isBroken(seen)) return undefined;
  const { shared } = circumstances;
  const { counts, findings, reason } = seen;
  const facts: DiagnosisFacts = {
    ...{ ...shared, ...own, words: [...shared.words, ...own.words], counts, findings },
    fault: { kind: fault.kind, bit: fault.bit, figures: fault.figures },
    ...(reason === undefined ? {} : { reason }),
  };
  return causesOf(facts);
}

/** What the registry demands of the subjects whose schemas it refused; undefined where it refused none, or does not say. */
async function levelsOf(
  { registry }: Pick<Pipeline, 'registry'>,
  words: readonly ServerWords[],
): Promise<SharedCircumstances['compatibility']> {
  const subjects = new Set(words.flatMap(({ text }) => schemaRefusalIn(text)?.subject ?? []));
  if (registry === undefined || subjects.size === 0) return undefined;
  return readable(async () =>
    Object.fromEntries(
      await Promise.all([...subjects].map(async (one) => [one, await registry.compatibility(one)] as const)),
    ),
  );
}

async function capturedWords(explaining: Explaining, broken: readonly VariantVerdict[]): Promise<ServerWords[]> {
  const { pipeline } = explaining;
  const uncaptured = broken.some(({ findings }) => findings.some(({ hop }) => hop === 'source-to-log'));
  const said = await wordsOf(pipeline.capture.name, 'source-task', () => pipeline.capture.status());
  if (!uncaptured && said.length === 0) return [];
  // Names of source connectors begin with their pipeline's.
  const isOf = (connector: string): boolean => connector === pipeline.name || connector.startsWith(`${pipeline.name}-`);
  return [...said, ...logged(explaining, 'connect', isOf, pipeline.capture.name)];
}

/** Who says what is wrong, by the variant's kind. */
const SPEAKERS = {
  builtin: 'applier',
  objects: 'applier',
  command: 'program',
  'connect-sink': 'sink-task',
  iceberg: 'sink-task',
} as const;

async function ownOf(
  explaining: Explaining,
  tables: readonly Table[],
  variant: Variant,
  { findings }: VariantVerdict,
): Promise<OwnCircumstances> {
  const { pipeline } = explaining;
  const { name, spec } = variant;
  const sink = await readable(() => engineOf(variant.sink).sink.state(variant.sink));
  const said = await wordsOf(name, SPEAKERS[spec.kind], () => variant.status());
  // A task that goes on may have passed a record over, and then the log alone knows.
  const silent = findings.some(({ anomaly }) => anomaly === 'stalled' || anomaly === 'lost');
  const database = sinkDatabase(pipeline.name, name);
  const own = spec.connectors?.map((_, index, all) => connectorName(database, all, index)) ?? [database];
  const isOf = (connector: string): boolean => own.includes(connector);
  const more =
    SPEAKERS[spec.kind] === 'sink-task' && (silent || said.length > 0)
      ? logged(explaining, 'connect-sink', isOf, name)
      : [];
  return {
    subject: {
      ...{ name, kind: spec.kind, connectors: connectorsOf(variant).map(withoutSecrets) },
      lacking: pipeline.routes.filter(({ table }) => variant.lacking?.includes(table) === true),
      ...switchesOf(variant),
      ...(sink === undefined ? {} : { compared: pairedNames(variant, pipeline.source, tables, sink.tables) }),
    },
    words: [...said, ...more],
    ...(sink === undefined ? {} : { sink }),
  };
}

/** The sink's table that each captured table is compared with, as names or a mapping pair them. */
function pairedNames(
  { spec, sink: database }: Pick<Variant, 'spec' | 'sink'>,
  source: Database,
  sources: readonly Table[],
  sinks: readonly Table[],
): Readonly<Record<TableId, TableId>> {
  const across = betweenOf(source, { sink: database });
  const byName = new Map(sinks.map((table) => [tableId(table), table]));
  return Object.fromEntries(
    sources.flatMap((table) => {
      const { sink } = pairOf(spec, table, byName, across) ?? {};
      return sink === undefined ? [] : [[tableId(table), tableId(sink)]];
    }),
  );
}

/** A lab's log may be of days: what is wrong now stands at its end. */
const LOG_BYTES_MAX = 2 * 1024 * 1024;

/** What the workers of a group have logged of connectors. */
function logged(
  { nodes, from }: Explaining,
  group: NodeName,
  isOf: (connector: string) => boolean,
  name: string,
): ServerWords[] {
  const workers = [...nodes.values()].filter((node) => serviceName(node.name) === group);
  const to = markLogs(workers);
  const start = ({ name }: { readonly name: NodeName }): number =>
    Math.max(from.get(name) ?? 0, (to.get(name) ?? 0) - LOG_BYTES_MAX);
  const starts = new Map(workers.map((node) => [node.name, start(node)]));
  return workers.flatMap((node) => workerWords(loggedBetween(node, starts, to), isOf, name));
}

function switchesOf({ spec }: Variant): Partial<DiagnosisFacts['subject']> {
  const { mode, schema, errors, commit, command, objects } = spec;
  const run = command === undefined ? undefined : redacted('run', command.run);
  return Object.fromEntries(
    Object.entries({ mode, schema, errors, commit, run, names: objects?.names }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function connectorsOf({ spec, name }: Variant): readonly OwnConnector[] {
  if (spec.kind !== 'connect-sink') return [];
  // That of the lab has no file: it goes by its subject's name.
  return spec.connectors ?? [{ name, file: name, config: spec.config ?? {} }];
}

/** What stands in a history, and in what a cause quotes, has no password. */
function withoutSecrets({ name, file, config, database }: OwnConnector): OwnConnector {
  const shown = Object.entries(config).map(([property, value]) => [property, redacted(property, value)]);
  return { name, file, config: Object.fromEntries(shown), ...(database === undefined ? {} : { database }) };
}

function kept(words: ServerWords): ServerWords {
  return { ...words, text: keptWords(words.text) };
}

async function wordsOf(
  name: string,
  from: ServerWords['from'],
  status: () => ReturnType<Variant['status']>,
): Promise<ServerWords[]> {
  const said = await readable(status);
  const text = said?.trace ?? said?.error;
  return text === undefined ? [] : [kept({ from, name, text })];
}

/** What cannot be read now is no fact; whether a server can be reached is for the verdict to say. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
