import type { OwnConnector, VariantSpec } from '#model/pipeline.ts';
import type { RegistryConverter } from '#model/registry-converter.ts';
import type { Topology } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** A converter with a registry, and the file of the connector that names it. */
type Placed = RegistryConverter & { readonly file: string };

/** The converters of a pipeline's connectors that need a schema registry. */
export interface Converting {
  readonly sources: readonly Placed[];
  readonly sinks: readonly Placed[];
  readonly all: readonly Placed[];
  /** The lab's own connector captures. */
  readonly captures: boolean;
}

export function convertingOf(
  connectors: readonly OwnConnector[],
  variants: Readonly<Record<string, VariantSpec>>,
): Converting {
  const sources = connectors.flatMap(placed);
  const sinks = Object.values(variants).flatMap(({ connectors: own = [] }) => own.flatMap(placed));
  return { sources, sinks, all: [...sources, ...sinks], captures: connectors.length === 0 };
}

function placed({ file, converters = [] }: OwnConnector): Placed[] {
  return converters.map((one) => ({ ...one, file }));
}

/** The format in which the lab's own connector writes what sinks with converters of their own read. */
export function formatFor({ captures, sinks }: Converting): Pick<Topology, 'format'> {
  return captures && sinks.some(({ part, here }) => part === 'value' && here !== 'worker') ? { format: 'avro' } : {};
}

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
  return [...new Set(told)];
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
