import type { VariantSpec } from '#model/pipeline.ts';
import type { Topology } from '#model/stack.ts';

/** Why a variant cannot be with records of this format, so that it is left out; undefined where it can. */
export function whyLeftOut(
  { kind, connectors, config = {} }: Pick<VariantSpec, 'kind' | 'connectors' | 'config'>,
  { format = 'json' }: Pick<Topology, 'format'> = {},
): string | undefined {
  if (format === 'plain' && kind === 'objects')
    return 'the applier of objects needs the schema of every record, and plain JSON has none';
  if (format === 'plain' && kind === 'iceberg')
    return "Apache Iceberg's sink needs the schema of every record, and plain JSON has none";
  const isLabs = kind === 'connect-sink' && connectors === undefined && config['value.converter'] === undefined;
  if (format !== 'plain' || !isLabs) return undefined;
  return "Debezium's JDBC sink connector needs the schema of every record, and plain JSON has none";
}

/** The variants that can be with records of this format. */
export function withFormat<T extends VariantSpec>(
  variants: Readonly<Record<string, T>>,
  topology: Pick<Topology, 'format'> | undefined,
): Record<string, T> {
  return Object.fromEntries(Object.entries(variants).filter(([, spec]) => whyLeftOut(spec, topology) === undefined));
}
