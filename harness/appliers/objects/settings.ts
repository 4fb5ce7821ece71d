import { registryClient } from '#clients/registry.ts';
import type { S3Options } from '#clients/s3.ts';
import type { TableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { ObjectFormat, ObjectNames } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { FlushRule } from './buffers.ts';

/** What an applier that is a process of its own is told. */
export interface ObjectsSettings {
  readonly brokers: readonly string[];
  readonly groupId: string;
  /** The topics to read; they must exist. */
  readonly routes: readonly TopicRoute[];
  readonly s3: S3Options;
  /** Where the pipeline's sets are, with a slash at its end. */
  readonly folder: string;
  readonly names: ObjectNames;
  readonly format: ObjectFormat;
  /** What the columns of each table hold. */
  readonly kinds: ReadonlyMap<TableId, ReadonlyMap<string, Kind>>;
  /** Of the source, which writes its positions. */
  readonly engine: string;
  readonly flush: FlushRule;
  /** URL of the schema registry, where records need one. */
  readonly registry?: string;
}

const VARIABLE = 'DRIFTLAB_OBJECTS';

/** What it puts out once it reads. */
export const WRITING = 'writing';

/** The settings as a variable of a process's environment: they have a secret, which no command line may have. */
export function settingsVariable({ kinds, ...settings }: ObjectsSettings): Readonly<Record<string, string>> {
  const tables = [...kinds].map(([table, columns]) => [table, [...columns]] as const);
  return { [VARIABLE]: JSON.stringify({ ...settings, tables }) };
}

export function readSettings(
  env: NodeJS.ProcessEnv,
): Omit<ObjectsSettings, 'registry'> & { readonly registry?: SchemaSource } {
  type Told = Omit<ObjectsSettings, 'kinds'> & { readonly tables: readonly [TableId, [string, Kind][]][] };
  const { tables, registry, ...settings } = JSON.parse(env[VARIABLE] ?? '') as Told;
  return {
    ...settings,
    kinds: new Map(tables.map(([table, columns]) => [table, new Map(columns)])),
    ...(registry === undefined ? {} : { registry: registryClient(registry) }),
  };
}
