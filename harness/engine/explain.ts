import { diagnose } from '#diagnosis/diagnose.ts';
import { engineOf } from '#engines/index.ts';
import type { Cause, DiagnosisFacts, ServerWords, SinkState, SourceState } from '#model/cause.ts';
import type { Evidence } from '#model/fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Design, OwnConnector, Pipeline, Variant } from '#model/pipeline.ts';

/** What a step's causes are looked for in, beside what was judged. */
export interface Explaining {
  readonly pipeline: Pipeline;
  readonly fault: { readonly kind: string } & Evidence;
  /** The connectors as their owner wrote them; absent for a scenario of the lab's. */
  readonly design?: Pick<Design, 'connectors'>;
  /** `table.column` of what a mapping excludes or transforms. */
  readonly mapped?: readonly string[];
  /** The source as it was when the step began. */
  readonly before?: SourceState;
  /** What the writers were refused. */
  readonly refused?: readonly ServerWords[];
  readonly versions?: Readonly<Record<string, string>>;
}

/** The causes of what each variant has shown, by its name; variants that showed nothing wrong are left out. */
export async function explain(
  explaining: Explaining,
  seen: readonly VariantVerdict[],
): Promise<ReadonlyMap<string, readonly Cause[]>> {
  const broken = seen.filter(({ findings, verdict }) => findings.length > 0 || verdict === 'FAIL');
  if (broken.length === 0) return new Map();
  const { pipeline } = explaining;
  const source = await readable(() => engineOf(pipeline.source).source.state(pipeline.source, explaining.before));
  const captured = await wordsOf(pipeline.capture.name, 'source-task', () => pipeline.capture.status());
  const shared = { source, tables: (await readable(() => pipeline.tables())) ?? [], captured };
  const explained = await Promise.all(
    broken.map(async (verdict) => {
      const variant = pipeline.variants.get(verdict.variant);
      if (variant === undefined) throw new Error(`a verdict of the unknown variant ${verdict.variant}`);
      return [verdict.variant, diagnose(await factsOf(explaining, shared, variant, verdict))] as const;
    }),
  );
  return new Map(explained);
}

interface Shared {
  readonly source: SourceState | undefined;
  readonly tables: DiagnosisFacts['tables'];
  readonly captured: readonly ServerWords[];
}

async function factsOf(
  { pipeline, fault, design, mapped = [], refused = [], versions = {} }: Explaining,
  { source, tables, captured }: Shared,
  variant: Variant,
  { counts, findings, reason }: VariantVerdict,
): Promise<DiagnosisFacts> {
  const { name, spec } = variant;
  const sink: SinkState | undefined = await readable(() => engineOf(variant.sink).sink.state(variant.sink));
  const from = { builtin: 'applier', 'connect-sink': 'sink-task', command: 'program' } as const;
  const own = await wordsOf(name, from[spec.kind], () => variant.status());
  return {
    subject: {
      ...{ name, kind: spec.kind, connectors: connectorsOf(variant) },
      lacking: pipeline.routes.filter(({ table }) => variant.lacking?.includes(table) === true),
      ...switchesOf(variant),
    },
    sources: design?.connectors ?? [],
    fault: { kind: fault.kind, bit: fault.bit, figures: fault.figures },
    ...{ counts, findings, tables, mapped, versions },
    ...(reason === undefined ? {} : { reason }),
    words: [...captured, ...own, ...refused],
    ...(source === undefined ? {} : { source }),
    ...(sink === undefined ? {} : { sink }),
  };
}

function switchesOf({ spec }: Variant): Partial<DiagnosisFacts['subject']> {
  const { mode, schema, errors, commit, command } = spec;
  return Object.fromEntries(
    Object.entries({ mode, schema, errors, commit, run: command?.run }).filter(([, value]) => value !== undefined),
  );
}

function connectorsOf({ spec, name }: Variant): OwnConnector[] {
  return spec.kind === 'connect-sink'
    ? (spec.connectors ?? [{ name, file: spec.title, config: spec.config ?? {} }]).map((one) => one)
    : [];
}

async function wordsOf(
  name: string,
  from: ServerWords['from'],
  status: () => ReturnType<Variant['status']>,
): Promise<ServerWords[]> {
  const said = await readable(status);
  const text = said?.trace ?? said?.error;
  return text === undefined ? [] : [{ from, name, text }];
}

/** What cannot be read now is no fact; whether a server can be reached is for the verdict to say. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
