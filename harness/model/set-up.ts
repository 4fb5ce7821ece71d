import type { TableId } from './catalog.ts';
import type { SinkState } from './cause.ts';

/** Why a pipeline does not come up, or does not go on. One of the table in diagnosis/set-up/. */
export interface SetUpCause {
  /** Stable, kebab-case: `source-wal-level`. */
  readonly code: string;
  /** One sentence: what is wrong. */
  readonly says: string;
  /** What was read, and where: a sentence each. */
  readonly evidence: readonly string[];
  readonly fix: SetUpFix;
  /** What else is to be known, or would do as well. */
  readonly notes: readonly string[];
  /** What to look at once it is fixed: commands and statements, and what they must show. */
  readonly check: readonly string[];
  /** Address of the page of the documentation. */
  readonly docs: string;
  /** `shown`: read as it is. `likely`: it fits what was read. `unknown`: no cause of the table fits. */
  readonly certainty: 'shown' | 'likely' | 'unknown';
}

/** What fixes a cause. */
export interface SetUpFix {
  /** Statements for a database, commands for a shell, or what only a person can do. */
  readonly by: 'sql' | 'command' | 'hand';
  /** Where, and as whom: `the source db1:5432/shop, as a superuser`. */
  readonly at: string;
  /** In their order. `…` stands for what only a person knows. */
  readonly run: readonly string[];
  /**
   * Where `--fix` makes it, of those that are safe: they give a right, add what was not there, or start what has ended, and
   * nothing is taken away by them.
   */
  readonly offer?: 'source' | 'target' | 'start';
}

/** A server as it is named: never with a password. */
export interface Place {
  /** `db1:5432/shop`, or the addresses of brokers or workers. */
  readonly where: string;
  /** As it was given, with references in place of secrets. */
  readonly address: string;
  readonly user?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  /** Of a database, its engine as people name it. */
  readonly title?: string;
}

/** Why a server could not be asked, as far as the cases can be told apart. */
export type RefusalKind =
  | 'host-unknown'
  | 'unreachable'
  | 'wrong-engine'
  | 'password'
  | 'not-admitted'
  | 'no-database'
  | 'no-connection-left'
  | 'refused';

export interface Refusal {
  readonly kind: RefusalKind;
  /** The server's or the operating system's own words. */
  readonly says: string;
  /** What the engine advises. */
  readonly hint?: string;
}

interface Answered<T> {
  readonly place: Place;
  readonly read: T;
}

interface NotAnswered {
  readonly place: Place;
  readonly refusal: Refusal;
}

/** What was read of one server; or that it could not be asked, which is a fact as well. */
export type Asked<T> = Answered<T> | NotAnswered;

/** A session of a server, as far as whoever asks may see it. */
export interface Session {
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  readonly address: string;
  /** `active`, `idle in transaction`. */
  readonly state?: string;
  /** When its transaction began, in ISO 8601. */
  readonly since?: string;
  /** Its statement, or of one that is idle the last one. */
  readonly statement?: string;
}

/** A session that captures or loads, and waits for what another one has not ended. */
export interface SourceWait {
  readonly application: string;
  readonly statement: string;
  /** What is locked; absent where another transaction's end is waited for. */
  readonly table?: TableId;
  readonly waitedMs: number;
  readonly holder: Session;
}

/** A replication slot of a server, of whatever database. */
export interface Slot {
  readonly name: string;
  /** Empty for a physical one. */
  readonly plugin: string;
  readonly active: boolean;
  /** `reserved`, `extended`, `unreserved`, `lost`. */
  readonly walStatus: string;
  /** Log behind what its reader has confirmed, and behind what it was sent; absent where it has none. */
  readonly unconfirmedBytes?: number;
  readonly unsentBytes?: number;
  /** Who reads it. */
  readonly reader?: {
    readonly pid: number;
    readonly user: string;
    readonly application: string;
    readonly address: string;
    /** Since when, in milliseconds of the epoch; absent where whoever asks may not see it. */
    readonly sinceMs?: number;
  };
}

/** A table of a source, whether or not the user may read it. */
interface SourceTable {
  readonly id: TableId;
  readonly readable: boolean;
  readonly owner: string;
  /** The user is its owner, or a member of the role that is. */
  readonly owned: boolean;
  readonly key: readonly string[];
  /** PostgreSQL's REPLICA IDENTITY: `d` default, `n` nothing, `f` full, `i` an index. */
  readonly identity?: string;
}

/** What bears on loading and capturing tables of a source. */
export interface SourceSetUp {
  /** Those of the pipeline that there are. */
  readonly tables: readonly SourceTable[];
  /** All tables that the user could have meant. */
  readonly known: readonly TableId[];
  /** PostgreSQL's. */
  readonly capture?: CaptureSetUp;
  /** What keeps changes of another engine's server from being captured, in the engine's words. */
  readonly uncapturable?: Pick<Refusal, 'says' | 'hint'>;
  /** Why what comes behind the place to which the pipeline has come cannot be read any more, as a clause of the engine's. */
  readonly gone?: string;
}

/** What bears on capturing changes from PostgreSQL. */
export interface CaptureSetUp {
  /** `wal_level`, `max_replication_slots`, `max_wal_senders`, `max_slot_wal_keep_size`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly superuser: boolean;
  readonly replication: boolean;
  /** The user may create publications in this database. */
  readonly createsPublications: boolean;
  /** Connections that read the log. */
  readonly senders: number;
  readonly slots: readonly Slot[];
  /** Sessions of Debezium's or of this project's that wait for others. */
  readonly waits: readonly SourceWait[];
  /** The server's clock, and this machine's before and after it was read: milliseconds of the epoch. */
  readonly clock?: { readonly serverMs: number; readonly beforeMs: number; readonly afterMs: number };
  /** The pipeline's own. */
  readonly publication?: {
    readonly allTables: boolean;
    readonly tables: readonly TableId[];
    /** It has neither updates nor deletes. */
    readonly insertsOnly?: boolean;
  };
}

/** A table of a target, beside the source's. */
export interface TargetTable {
  readonly id: TableId;
  readonly source: TableId;
  /** As the target's SQL names it. */
  readonly quoted: string;
  readonly exists: boolean;
  /** Columns of the source's that it does not have, with the statement that adds one. None where either catalog was not read. */
  readonly lacks: readonly { readonly column: string; readonly add: string }[];
  /** Of SELECT, INSERT, UPDATE, DELETE, TRUNCATE those that the user has; absent where the engine was not asked. */
  readonly rights?: readonly string[];
}

export interface TargetSetUp {
  /** What constrains its tables, where that could be read. */
  readonly state?: SinkState;
  readonly tables: readonly TargetTable[];
  /** Schemas in which a missing table cannot be made, or whose tables cannot be reached; none where the engine was not asked. */
  readonly schemas: readonly {
    readonly name: string;
    readonly exists: boolean;
    readonly usable: boolean;
    /** Tables may be made in it, or for one that does not exist, it may be made. */
    readonly creates: boolean;
  }[];
}

/** How a connector or a task of one is; of one that failed its trace, and the last `Caused by` of that. */
interface PartSetUp {
  readonly state: string;
  readonly trace?: string;
  readonly reason?: string;
}

/** A connector as its workers report it. */
export interface ConnectorSetUp extends PartSetUp {
  readonly tasks: readonly (PartSetUp & { readonly id: number })[];
}

/** One group of Connect workers, and the connector of the pipeline that it should run. */
export interface ConnectSetUp {
  readonly plugins: readonly string[];
  readonly name: string;
  /** The name was not stored, and is inferred from the pipeline's mark. */
  readonly inferred: boolean;
  /** The class that its configuration names; absent where its database's address is not known. */
  readonly connectorClass?: string;
  /** Its configuration as the workers have it, without anything that is secret; absent where there is no connector. */
  readonly config?: Readonly<Record<string, string>>;
  /** Absent where there is none of this name. */
  readonly connector?: ConnectorSetUp;
  /** Names of all connectors there. */
  readonly names: readonly string[];
  /** When the last change was committed whose position the connector has stored: milliseconds of the epoch. */
  readonly capturedAtMs?: number;
  /** Whether its topics have got records in the last minutes; absent where no broker was asked. */
  readonly writes?: boolean;
  /** What only one connector can have, and others there have as well. */
  readonly shared?: readonly Shared[];
  /** The user as whom it signs in at the brokers, where its configuration overrides the workers' own. */
  readonly kafkaUser?: string;
  /** Topics that its workers have seen it write or read, whether they are there still or not. */
  readonly seenTopics?: readonly string[];
  /** Source connectors of the same cluster that write what it reads. */
  readonly writers?: readonly TopicWriter[];
}

/** A source connector, by what it writes a topic with. */
export interface TopicWriter {
  readonly name: string;
  /** Its properties `key.converter…` and `value.converter…`; none where it uses those of its workers. */
  readonly converters: Readonly<Record<string, string>>;
}

/** A replication slot, or a consumer group, of which several connectors of a cluster say that it is theirs. */
export interface Shared {
  readonly what: 'slot' | 'group';
  readonly name: string;
  /** The other connectors. */
  readonly with: readonly string[];
}

export interface BrokersSetUp {
  /** Topics of the pipeline's tables; of a connector of somebody's own those that its configuration names. */
  readonly wanted: readonly string[];
  /** All that there are. */
  readonly topics: readonly string[];
  /** A topic that is written or read is made where it is missing; absent where it was not asked. */
  readonly autoCreates?: boolean;
  /** Records of the topics that a sink connector reads which has failed: the first and the last of each. */
  readonly records?: readonly SeenRecord[];
  /** Topics in which a cluster of Connect workers keeps what it knows, and whose records are not kept for ever. */
  readonly uncompacted?: readonly UncompactedTopic[];
  /** How far the sink connector's group is; absent where that was not to be known. */
  readonly behind?: Behind;
}

/** How far a consumer group is behind, over all partitions of which it has committed an offset. */
export interface Behind {
  readonly group: string;
  readonly partitions: number;
  readonly records: bigint;
  /** Records that it had not read, and that the topics do not have any more. */
  readonly gone: bigint;
}

/** What a record's value is written as, as far as its bytes tell: `registry` has a schema's number before it. */
export type RecordForm = 'json-with-schema' | 'json' | 'registry' | 'other';

export interface SeenRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly form: RecordForm;
}

export interface UncompactedTopic {
  readonly topic: string;
  readonly holds: 'configurations' | 'offsets' | 'states';
  /** `cleanup.policy`. */
  readonly policy: string;
  /** The key of a record in it that shows what it is. */
  readonly key: string;
}

/** Commands of whoever manages a pipeline's connectors: what a fix has a person run. */
export interface ManagingCommands {
  /** Where they are run. */
  readonly at: string;
  /** Have it come up, or go on. */
  readonly start: readonly string[];
  /** Have all that is there captured anew, where what was committed meanwhile is nowhere any more. */
  readonly anew: readonly string[];
  readonly status: string;
  readonly diagnose: string;
}

/** All that is known of a pipeline's set-up: what the table of causes reads. A server that is not part of it is absent. */
export interface SetUpFacts {
  readonly pipeline: {
    readonly name: string;
    /** The name of its slot. */
    readonly mark: string;
    readonly publication: string;
    /** Its connectors are somebody's own: they were not made by a manager, and may capture what one would refuse. */
    readonly foreign: boolean;
    readonly commands: ManagingCommands;
    readonly mode: string;
    readonly cdc: boolean;
    /** Its changes are carried by the process of a manager, and by no sink connector. */
    readonly carriedHere: boolean;
    /** A manager works on it. */
    readonly held: boolean;
    readonly onExisting: string;
    /** Tables by their source's full names. */
    readonly tables: readonly TableId[];
    /** The same as the source's SQL names them. */
    readonly quoted: Readonly<Record<TableId, string>>;
    readonly status: string;
    readonly cdcStatus: string;
    /** The load is complete, or for a pipeline without one its stream was begun: nothing makes slot and tables again. */
    readonly loaded: boolean;
    readonly lastError?: string;
    readonly lastErrorAt?: string;
  };
  /** References in its addresses that stand for nothing here. */
  readonly unresolved: readonly {
    readonly whose: string;
    readonly reference: string;
    /** Of one to Vault, which was asked: why it is not had, and what to do. */
    readonly refused?: { readonly why: string; readonly fix: string };
  }[];
  readonly source?: Asked<SourceSetUp>;
  readonly target?: Asked<TargetSetUp>;
  readonly brokers?: Asked<BrokersSetUp>;
  readonly sourceConnect?: Asked<ConnectSetUp>;
  readonly sinkConnect?: Asked<ConnectSetUp>;
}

/** The diagnosis of a Connect cluster: of each connector, by its name. */
export interface ClusterDiagnosis {
  /** The addresses of its workers, without passwords. */
  readonly connect: string;
  readonly connectors: readonly SetUpDiagnosis[];
}

/** A pipeline's diagnosis. */
export interface SetUpDiagnosis {
  readonly pipeline: string;
  readonly status: string;
  readonly causes: readonly SetUpCause[];
  /** What was read, and where. */
  readonly looked_at: readonly string[];
  readonly last_error: string | null;
  readonly last_error_at: string | null;
}
