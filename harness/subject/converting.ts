import type { OwnConnector, VariantSpec } from '#model/pipeline.ts';
import type { RegistryConverter } from '#model/registry-converter.ts';
import type { Topology } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** A converter with a registry, and the file of the connector that names it. */
type Placed = RegistryConverter & { readonly file: string; readonly lacks?: readonly string[] };

/** The converters of a pipeline's connectors that need a schema registry. */
export interface Converting {
  readonly sources: readonly Placed[];
  readonly sinks: readonly Placed[];
  readonly all: readonly Placed[];
  /** The lab's own connector captures. */
  readonly captures: boolean;
  /** A sink connector reads with the workers' converter: the lab's own, or one that names none. */
  readonly plainSinks: boolean;
}

export function convertingOf(
  connectors: readonly OwnConnector[],
  variants: Readonly<Record<string, VariantSpec>>,
): Converting {
  const sources = connectors.flatMap(placed);
  const sinks = Object.values(variants).flatMap(({ connectors: own = [] }) => own.flatMap(placed));
  const plainSinks = Object.values(variants).some(
    ({ kind, connectors: own }) =>
      kind === 'connect-sink' &&
      (own === undefined || own.some(({ config }) => config['value.converter'] === undefined)),
  );
  return { sources, sinks, all: [...sources, ...sinks], captures: connectors.length === 0, plainSinks };
}

function placed({ file, config, converters = [] }: OwnConnector): Placed[] {
  return converters.map((one) => ({
    ...{ ...one, file },
    lacks: Object.keys(WITHOUT).filter((setting) => config[`${one.part}.converter.${setting}`] === 'true'),
  }));
}

/**
 * How the workers write and read where the file does not say: as sinks with converters of their own read, where the lab's
 * connector captures, and as sources with converters of their own write, where a sink names none.
 */
export function formatFor({ captures, plainSinks, sources, sinks }: Converting): Pick<Topology, 'format'> {
  const avro = ({ part, here, api, format }: RegistryConverter): boolean =>
    part === 'value' && (here === 'avro' || (api === 'confluent' && format === 'Avro'));
  return (captures && sinks.some(avro)) || (plainSinks && sources.some(avro)) ? { format: 'avro' } : {};
}

/** Settings of Confluent's Avro converter that nothing here can do, and what follows. */
const WITHOUT: Readonly<Record<string, string>> = {
  'ignore.default.for.nullables': 'a NULL in a column that has a default is written as that default',
  'scrub.invalid.names': "names that Avro forbids need Debezium's field.name.adjustment.mode=avro",
};

/** What a test without somebody's own converters leaves unchecked, in sentences. */
export function standIns({ all }: Converting): string[] {
  const told = all.flatMap(({ part, file, format, here }) => {
    if (here === 'worker')
      return [
        `${file} has settings for a ${part}.converter that it does not name, which Connect passes over: ` +
          'format: of the pipeline file says how your workers write',
      ];
    return here !== 'avro' || format === undefined || format === 'Avro'
      ? []
      : [
          `${part}s of ${file} are in Avro here: no converter for ${format} is there (plugins: names the folder of one), ` +
            `so what ${format} itself can or cannot hold is not tested`,
        ];
  });
  return [...new Set([...told, ...all.flatMap(lacking)])];
}

function lacking({ part, file, here, lacks = [] }: Placed): string[] {
  if (here !== 'avro') return [];
  return lacks.map(
    (setting) => `${part}.converter.${setting}=true in ${file} has no counterpart here: ${WITHOUT[setting]}`,
  );
}

/**
 * Throws an OperatorError (`converters-differ`) where a sink reads another format than its source writes: both would be in Avro
 * here, and the sink would read what it cannot read where it is deployed.
 */
export function refuseMixed({ sources, sinks }: Converting): void {
  for (const sink of sinks) {
    const written = sources.filter(({ part, format }) => part === sink.part && format !== undefined);
    const standing = [sink, ...written].some(({ here }) => here === 'avro');
    if (!standing || sink.format === undefined || written.length === 0) continue;
    if (written.some(({ format }) => format === sink.format)) continue;
    const [{ file, format }] = written as [Placed];
    throw new OperatorError({
      code: 'converters-differ',
      message: `${sink.file}: its ${sink.part}.converter reads ${sink.format}, and ${file} writes ${format}`,
      expected:
        'one format for what is written and read; in the lab Avro stands for both, and would hide that they differ',
      found: `${sink.format} and ${format}`,
      hint: `use the same ${sink.part}.converter in both`,
    });
  }
}
