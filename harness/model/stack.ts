import type { Network } from './network.ts';
import type { StoreWay } from './store-way.ts';

/**
 * What a runtime can do with its nodes; `binlog` where the source writes one, `change-tables` where it keeps captured changes in
 * tables, and cleans them up, and `source-settings` where the server of the source is the lab's own, so that its settings and its
 * log may be changed; `column-ddl` where columns that are there can be changed; `network` where connections lead through the lab's
 * proxy; `broker-cluster` where there are brokers enough that one may fail, and `worker-group` where each group of Connect has
 * several workers; `registry` where records have their schemas in one; `objects` where there is an object store. A fault names
 * what it needs.
 */
export type Capability =
  | 'kill'
  | 'pause'
  | 'restart'
  | 'topic-config'
  | 'source-ddl'
  | 'sink-write'
  | 'binlog'
  | 'change-tables'
  | 'source-settings'
  | 'network'
  | 'broker-cluster'
  | 'worker-group'
  | 'registry'
  | 'objects'
  | 'column-ddl';

export type NodeName = 'source' | 'sink' | 'broker' | 'connect' | 'connect-sink' | (string & {});

export type NodeState = 'stopped' | 'starting' | 'running' | 'paused' | 'killed' | 'failed';

/** One server of the stack. Every method may be called in any state and does nothing where its aim is already met. */
export interface Node {
  readonly name: NodeName;
  /** What may be done to it beside asking whether it answers. */
  readonly can: readonly ('kill' | 'pause' | 'restart')[];
  readonly state: NodeState;
  readonly pid: number | undefined;
  /** Absolute path of the node's log file. */
  readonly log: string;
  /** How its process last ended, in words (`SIGKILL`, `exit status 1`); undefined while none has. */
  readonly lastExit: string | undefined;
  /** Resolves once the node answers; throws an OperatorError with the last lines of its log otherwise. */
  start(signal?: AbortSignal): Promise<void>;
  /** Ends it in its own orderly way, and harder if it does not end within a limit. */
  stop(): Promise<void>;
  /** SIGKILL: nothing is flushed. */
  kill(): Promise<void>;
  /** SIGSTOP: the process keeps its connections and does nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** A database server of the stack. */
export interface DatabaseServer {
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Parameters of its databases' URLs, of those that its engine passes on: how a client encrypts, for one. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** On a server that others use as well: what the names of all begin with that the lab makes there. */
  readonly ownPrefix?: string;
}

/** The two ends of a pipeline. */
export type End = 'source' | 'sink';

/** The lab's databases on servers that others use as well, written down so that a later command removes what a kill leaves. */
export interface Claims {
  add(end: End, database: string): void;
  has(end: End, database: string): boolean;
  remove(end: End, database: string): void;
}

/** A class that Connect has to find among its plugins. */
export interface PluginClass {
  readonly name: string;
  readonly kind: 'source' | 'sink' | 'transform' | 'predicate' | 'converter' | 'header-converter';
}

/** Connect plugins beside the lab's own. */
export interface OwnPlugins {
  /** Absolute paths of folders: each is a plugin where it has jars, and holds plugins where it has none. */
  readonly folders: readonly string[];
  /** The classes that are wanted of them. */
  readonly classes: readonly PluginClass[];
}

export type ConnectorConfig = Readonly<Record<string, string>>;

/** What it takes to use the workers' REST interfaces, which other users of the machine reach as well. */
export interface ConnectAccess {
  /** The Authorization header of every request. */
  readonly authorization?: string;
  /** A connector's configuration as it is given to the worker: its secrets are references that only the worker resolves. */
  conceal?(connector: string, config: ConnectorConfig): ConnectorConfig | Promise<ConnectorConfig>;
  /** Where those secrets are, for other programs of the same user's; absent where they are in containers. */
  readonly secrets?: WorkerSecrets;
}

/** A folder of secrets, one a file, that workers resolve references to. */
export interface WorkerSecrets {
  readonly folder: string;
  /** What stands in a configuration for the content of the file `<file>`. */
  readonly reference: string;
}

/** How records are written: JSON with its schema in each record, Avro with its schemas in a registry, or JSON without any schema. */
type LogFormat = 'json' | 'avro' | 'plain';

/** Whether a stack has a schema registry. */
export function needsRegistry({ format, registry = false }: Pick<Topology, 'format' | 'registry'>): boolean {
  return registry || format === 'avro';
}

/** Which stack is wanted; what is left out is as the lab has it by default. */
export interface Topology {
  /** Name of a runtime: what the servers run as. */
  readonly runtime?: string;
  /** How many brokers the cluster has. */
  readonly brokers?: number;
  /** How many workers each Connect group has. */
  readonly workers?: number;
  /** How Connect's workers write records; what needs a schema registry brings one with it. */
  readonly format?: LogFormat;
  /** A schema registry, be it that the workers write without: a connector's own converters need one. */
  readonly registry?: boolean;
  /** An object store, for variants that write objects. */
  readonly objects?: boolean;
  /** Apache Iceberg's sink among the plugins of the workers of sinks, for variants that write Iceberg tables. */
  readonly iceberg?: boolean;
}

/** A group of nodes that do one thing together: a cluster of brokers, the workers of a Connect group, a database, a schema registry, an object store. */
export interface Service {
  readonly name: string;
  readonly kind: 'database' | 'brokers' | 'workers' | 'registry' | 'objects';
  /** Names of its nodes; the first is the one that a fault means which names the service. */
  readonly nodes: readonly NodeName[];
}

/** The names of a service's nodes: `broker`, `broker-2`, `broker-3`. */
export function nodeNames(service: string, count = 1): readonly NodeName[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? service : `${service}-${index + 1}`));
}

/** The service of a node, by its name. */
export function serviceName(node: NodeName): string {
  return node.replace(/-\d+$/, '');
}

/**
 * Who asks for an address. `lab`: the lab itself, which writes, observes and cleans up; `capture`: the source connector and its
 * workers; `sinks`: sink connectors and theirs; `consumers`: whatever else reads the topics and writes to a sink. The same server
 * has an address of its own for each: what runs in a container calls it by another name, and one way to it can be cut while
 * the others stand.
 */
export type Client = 'lab' | 'capture' | 'sinks' | 'consumers';

/** The addresses of the servers that data pass through. */
export interface Addresses {
  readonly source: DatabaseServer;
  readonly sink: DatabaseServer;
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** Where the stack has one. */
  readonly registry?: RegistryAddresses;
}

/** The workers of one Connect group: that of the source connector, or that of sink connectors. */
export interface WorkerGroup {
  /** As its Kafka group is called; its first node has the same name. */
  readonly name: NodeName;
  /** REST address of each worker, as the lab reaches it; each answers for the whole group. */
  readonly urls: readonly string[];
  readonly access: ConnectAccess;
}

/** The addresses of a schema registry. */
export interface RegistryAddresses {
  /** Where it speaks Confluent's REST API. */
  readonly url: string;
  /** Where it speaks its own, which Connect's converters for it use. */
  readonly ownUrl: string;
}

/** The schema registry of a stack. */
export interface StackRegistry extends RegistryAddresses {
  /** Removes all that it has. It must not run. Absent where the runtime cannot. */
  readonly forget?: () => Promise<void>;
}

/** The object store of a stack. */
export interface StackObjects {
  /** URL of its S3 interface, as the lab itself reaches it. */
  readonly endpoint: string;
  readonly credentials: { readonly keyId: string; readonly secret: string };
  /** Leads everybody else there: those who write objects and those who read them back. */
  readonly way: StoreWay;
}

/** Somebody's program, to be started beside the servers. */
export interface ProgramSpec {
  /** Among the stack's processes. */
  readonly name: string;
  /** A shell's command line. */
  readonly run: string;
  readonly folder: string;
  /** Beside this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Started again a moment after it ended with a failure. */
  readonly restart: boolean;
  /** File that its output goes to. */
  readonly log: string;
}

/** Somebody's program as a child process with all that it starts. */
export interface Program {
  /** How it ended, in words (`exit status 1`, `SIGKILL`); undefined while it runs. */
  readonly ended: string | undefined;
  /** It has ended and will be started again. */
  readonly restarting: boolean;
  readonly paused: boolean;
  /** How often it has ended, and how the last time, in words. */
  readonly endings: number;
  readonly lastEnding: string | undefined;
  pause(): void;
  resume(): void;
  /** SIGKILL; what happens then is what its spec says of a crash. */
  kill(): void;
  /** Starts it where it does not run. */
  start(): void;
  /** Ends it for good: SIGTERM, and SIGKILL where that is not enough. Twice is harmless. */
  stop(): Promise<void>;
}

/** Runs programs beside the servers: they end with the stack, and all that they start, whatever ends it. */
export interface Programs {
  start(program: ProgramSpec): Program;
}

/** One running set of servers, whatever runs them. */
export interface Stack extends Addresses, AsyncDisposable {
  readonly runtime: string;
  readonly nodes: ReadonlyMap<NodeName, Node>;
  readonly services: readonly Service[];
  /** Absent where both servers are the lab's alone. */
  readonly claims?: Claims;
  /** The Connect workers by what their connectors do. */
  readonly workers: Readonly<Record<End, WorkerGroup>>;
  /** Absent where none was wanted. */
  readonly registry?: StackRegistry;
  /** Absent where none was wanted. */
  readonly objects?: StackObjects;
  readonly capabilities: ReadonlySet<Capability>;
  readonly programs: Programs;
  /** How a client reaches the servers; the stack's own `source`, `sink` and `brokers` are what the lab is given. */
  seen(by: Client): Addresses;
  /** What the clients' ways to the servers are made of; present where it can be troubled. */
  readonly network?: Network;
  /** Version of the Java that the JVMs run on, where the runtime knows: `21.0.8`. */
  readonly java?: string;
  /**
   * Ends every node in its orderly way and keeps the data; what it returns starts them again. Instead of disposing, which
   * removes the data. Absent where the runtime cannot.
   */
  suspend?(): Promise<string>;
  /** Called with each node that exits, or has exited, without having been told to. */
  onNodeDied(listener: (node: Node) => void): void;
}
