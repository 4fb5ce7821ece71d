import type { ConnectClient } from '#clients/connect.ts';

/** A table on both sides, by its names there. */
interface RecoveredTable {
  readonly source: string;
  readonly target: string;
}

/** A database, by an address that has its password, and by one that may be shown. */
export interface RecoveredDatabase {
  readonly url: string;
  /** `app@db1:5432/shop` */
  readonly where: string;
}

/** A connector, and the workers at which it is. */
export interface RecoveredConnector {
  readonly name: string;
  readonly client: ConnectClient;
  /** The address of a worker, without a password. */
  readonly connect: string;
}

/** What is known of a pipeline that is to be recovered. What is not known is absent, and then not looked at. */
export interface RecoveryWorld {
  readonly source?: RecoveredDatabase;
  readonly target?: RecoveredDatabase;
  readonly tables: readonly RecoveredTable[];
  readonly connectors: readonly RecoveredConnector[];
  /** The one of them that writes the target. */
  readonly sink?: RecoveredConnector;
  readonly brokers?: readonly string[];
  /** Rows on their way are looked at again for so long before they count as different. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

/** A world in which both databases are known. */
export type Databases = RecoveryWorld & Required<Pick<RecoveryWorld, 'source' | 'target'>>;
