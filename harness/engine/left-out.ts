import type { VariantSpec } from '#model/pipeline.ts';
import type { Topology } from '#model/stack.ts';
import { CATALOG_ENGINE } from '#pipelines/iceberg-config.ts';

/** What a run is made of, as far as a variant may not fit it. */
interface Fitting extends Pick<Topology, 'format'> {
  /** The engine of the sinks' server; the lab's default where it is left out. */
  readonly sink?: string | undefined;
}

/** Why a variant cannot be in a run of this make, so that it is left out; undefined where it can. */
export function whyLeftOut(
  { kind, connectors, config = {} }: Pick<VariantSpec, 'kind' | 'connectors' | 'config'>,
  { format = 'json', sink = CATALOG_ENGINE }: Fitting = {},
): string | undefined {
  if (format === 'plain' && kind === 'objects')
    return 'the applier of objects needs the schema of every record, and plain JSON has none';
  if (format === 'plain' && kind === 'iceberg')
    return "Apache Iceberg's sink needs the schema of every record, and plain JSON has none";
  if (kind === 'iceberg' && sink !== CATALOG_ENGINE)
    return `Apache Iceberg's sink keeps its catalog on the sink's server, which has to be PostgreSQL and is ${sink}`;
  const isLabs = kind === 'connect-sink' && connectors === undefined && config['value.converter'] === undefined;
  if (format !== 'plain' || !isLabs) return undefined;
  return "Debezium's JDBC sink connector needs the schema of every record, and plain JSON has none";
}

/** The variants that can be in a run of this make. */
export function thatFit<T extends VariantSpec>(
  variants: Readonly<Record<string, T>>,
  run: Fitting | undefined,
): Record<string, T> {
  return Object.fromEntries(Object.entries(variants).filter(([, spec]) => whyLeftOut(spec, run) === undefined));
}
