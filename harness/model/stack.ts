/**
 * What a runtime can do with its nodes; `binlog` where the source writes one, `change-tables` where it keeps captured changes in
 * tables, and cleans them up, and `source-settings` where the server of the source is the lab's own, so that its settings and its
 * log may be changed. A fault names what it needs.
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
  | 'source-settings';

export type NodeName = 'source' | 'sink' | 'broker' | 'connect' | 'connect-sink' | (string & {});

export type NodeState = 'stopped' | 'starting' | 'running' | 'paused' | 'killed' | 'failed';

/** One server of the stack. Every method may be called in any state and does nothing where its aim is already met. */
export interface Node {
  readonly name: NodeName;
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
  conceal?(connector: string, config: ConnectorConfig): ConnectorConfig;
}

/** One running set of servers, whatever runs them. */
export interface Stack extends AsyncDisposable {
  readonly runtime: string;
  readonly nodes: ReadonlyMap<NodeName, Node>;
  readonly source: DatabaseServer;
  readonly sink: DatabaseServer;
  /** Absent where both servers are the lab's alone. */
  readonly claims?: Claims;
  readonly brokers: readonly string[];
  /** REST address of the Connect worker that runs the source connector. */
  readonly connectUrl: string;
  /** REST address of the Connect worker that runs sink connectors. */
  readonly sinkConnectUrl: string;
  /** Of both workers. */
  readonly connectAccess: ConnectAccess;
  readonly capabilities: ReadonlySet<Capability>;
  /** Environment of processes that are started beside the servers: by it whatever they start is found, and ends too. */
  readonly mark?: Readonly<Record<string, string>>;
  /** Has a process that was started beside the servers end with the stack, whatever ends it. Returns how to let it go. */
  adopt(child: { readonly name: string; readonly pid: number }): () => void;
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
