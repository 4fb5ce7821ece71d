import type { Decision } from '#contracts/decision.ts';
import type { LabReport } from '#contracts/lab-report.ts';
import type { LabConnector, LabLags } from '#contracts/lab-stack.ts';
import type { LabAgentMemory } from '#contracts/memory.ts';
import type { Column } from './catalog.ts';

/** Something that was read; or why it could not be, which is a fact as well. */
export type Reading<T> = { readonly read: T } | { readonly refused: string };

/** A connector with all that says where it goes on. Nothing in it is secret. */
export interface ContextConnector {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  /** As the connector writes it, stored by its workers. */
  readonly offsets: readonly { readonly partition: object; readonly offset: object }[];
}

/** A captured table as the catalogs have it now, and as the lab's tables were first made. */
export interface ContextTable {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'nullable'>[];
  /** Columns of when the lab was started; absent where that cannot be read any more. */
  readonly before?: readonly string[];
  /** By variant, the columns of its sink; absent where it has no such table. */
  readonly sinks: Readonly<Record<string, readonly string[]>>;
}

/** What a consumer keeps of the events that it has applied, of one partition. */
export interface ContextDedup {
  readonly variant: string;
  readonly topic: string;
  readonly partition_id: string;
  readonly runs: string;
  readonly first_offset: string;
  readonly last_offset: string;
}

/** Between which times the rows of a sink's table lie, by business time, by commit and by arrival. */
export interface ContextTimes {
  readonly variant: string;
  readonly table: string;
  readonly business_time: string;
  readonly rows: string;
  readonly business: readonly [first: string | null, last: string | null];
  readonly captured: readonly [first: string | null, last: string | null];
  readonly received: readonly [first: string | null, last: string | null];
  /** Rows that arrived more than a week after their business time. */
  readonly late: string;
}

/** All that a bundle is made of. */
export interface ContextFacts {
  readonly mode: string;
  readonly title: string;
  readonly story: string;
  readonly steps: readonly { readonly id: string; readonly title: string }[];
  readonly report: LabReport;
  readonly lags: LabLags;
  readonly connectors: readonly LabConnector[];
  readonly decisions: readonly Decision[];
  readonly memory: LabAgentMemory;
  /** By variant, how it consumes: `upsert, schema evolve, errors stop`. */
  readonly consuming: Readonly<Record<string, string>>;
  readonly configs: Reading<readonly ContextConnector[]>;
  readonly tables: Reading<readonly ContextTable[]>;
  /** Levels by subject; none without a registry. */
  readonly compatibility: Reading<Readonly<Record<string, string>>>;
  readonly dedup: Reading<readonly ContextDedup[]>;
  readonly times: Reading<readonly ContextTimes[]>;
  /** Newest last. */
  readonly events: readonly { readonly at: number; readonly text: string }[];
  /** By node, the last lines of its log that report an error, newest last. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
}
