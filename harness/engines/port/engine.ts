import type { BulkPort } from './bulk.ts';
import type { ComparePort } from './compare.ts';
import type { Dialect } from './dialect.ts';
import type { ReconcileEngine } from './reconcile.ts';
import type { ServerPort } from './server.ts';
import type { SetUpPort } from './set-up.ts';
import type { SignalsPort } from './signals.ts';
import type { SinkPort } from './sink.ts';
import type { SourcePort } from './source.ts';
import type { StreamPort } from './stream.ts';

/** A database engine: all that the lab knows of it. A new one is a folder beside postgres/ and a line in index.ts. */
export interface Engine {
  /** As a {@link Database} and `--source` name it: `postgres`. */
  readonly name: string;
  /** As people name it: `PostgreSQL`. */
  readonly title: string;
  /** Schemes of its databases' URLs, with their colon. */
  readonly schemes: readonly string[];
  /** The port of a URL that names none. */
  readonly defaultPort?: number;
  /** Parameters of a server's URL that are kept with the server; any other is refused. Absent where there are none. */
  readonly serverParameters?: readonly string[];
  /** What a client of this engine says first, where a server waits for that (`greeting.ts`). Absent: what PostgreSQL's says. */
  readonly hello?: Uint8Array;
  /** True for the first bytes that a server of this engine sends to whoever says that; false where it cannot be told. */
  readonly greets?: (greeting: Uint8Array) => boolean;
  readonly dialect: Dialect;
  readonly server: ServerPort;
  readonly source: SourcePort;
  readonly sink: SinkPort;
  readonly compare: ComparePort;
  readonly reconcile: ReconcileEngine;
  /** Absent where rows go from one database to another through a program's hands alone. */
  readonly bulk?: BulkPort;
  /** Absent where changes are not carried on behind a moment yet. */
  readonly stream?: StreamPort;
  /** Absent where a database's rights and settings are not looked at. */
  readonly setUp?: SetUpPort;
  /** Absent where a connector that is deployed is given no further table. */
  readonly signals?: SignalsPort;
}
