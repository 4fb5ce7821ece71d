import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { RefusalKind, SourceSetUp, TargetSetUp, TargetTable } from '#model/set-up.ts';

type Queries = Pick<Database, 'query'>;

/** What a pipeline has at a source: its publication, and its tables. */
export interface SetUpMark {
  readonly publication: string;
  readonly tables: readonly TableId[];
}

/** What keeps a pipeline from running at a database of this engine. Nothing is changed. */
export interface SetUpPort {
  /** Why a connection did not come about, by what the driver threw; undefined where that does not say. */
  refusalOf(error: unknown): RefusalKind | undefined;
  source(database: Queries, mark: SetUpMark): Promise<SourceSetUp>;
  /** The rights of the user on tables of a target, and on the schemas in which they are, or are to be made. */
  targetRights(
    database: Queries,
    tables: readonly TableId[],
  ): Promise<{
    readonly rights: ReadonlyMap<TableId, NonNullable<TargetTable['rights']>>;
    readonly schemas: TargetSetUp['schemas'];
  }>;
}
