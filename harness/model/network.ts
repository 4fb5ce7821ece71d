/**
 * Who talks over the network of a stack. `consumer` is whatever fills sinks: appliers, programs, and the worker of sink connectors;
 * `registry` has the schemas of records that are written with one.
 */
export const PEERS = ['source', 'connect', 'broker', 'consumer', 'sink', 'registry'] as const;
export type Peer = (typeof PEERS)[number];

/** Two peers that talk to each other, in the order in which somebody names them: a cut in one direction stops first → second. */
export type Between = readonly [Peer, Peer];

/** Every two peers between which data flow. */
export const HOPS: readonly Between[] = [
  ['source', 'connect'],
  ['connect', 'broker'],
  ['broker', 'consumer'],
  ['consumer', 'sink'],
  ['broker', 'broker'],
];

/** Those who ask a schema registry. */
export const REGISTRY_HOPS: readonly Between[] = [
  ['connect', 'registry'],
  ['consumer', 'registry'],
];

/** The pair of {@link HOPS} or {@link REGISTRY_HOPS} that is meant, whichever of the two is named first; undefined where these two never talk. */
export function hopOf([a, b]: Between): Between | undefined {
  return [...HOPS, ...REGISTRY_HOPS].find(([one, other]) => (one === a && other === b) || (one === b && other === a));
}

/** `source-connect`: what the failure modes of a hop are called. */
export function hopId(hop: Between): string {
  return hop.join('-');
}

/**
 * What is wrong with a hop. `hold`: connections stand and are accepted, and no byte arrives before it heals. `reset`: every
 * connection is reset, and so is every new one until it heals. `slow`: every piece of data comes `latencyMs` later and up to
 * `jitterMs` more, each way, and at most so many bytes a second. `answer`: every connection is reset, and each new one gets this answer to
 * whatever it asks, as from a server behind which another one has failed.
 */
export type Trouble =
  | { readonly kind: 'hold' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'answer'; readonly answer: string }
  | {
      readonly kind: 'slow';
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly bytesPerSecond?: number | undefined;
    };

/** What was counted at a hop since it has been troubled, in the directions that are. */
export interface Traffic {
  /** Bytes that went through. */
  readonly passed: number;
  /** Bytes that came in and were held back. */
  readonly stopped: number;
  /** Connections that were reset. */
  readonly reset: number;
  /** Connections that came in. */
  readonly accepted: number;
  /** Connections that got an answer in the server's place. */
  readonly answered: number;
  /** How long single pieces of data were kept, in ms: the first few thousand that went through. */
  readonly delaysMs: readonly number[];
}

/** Trouble that has been made. Healing twice is harmless. */
export interface Troubled {
  /** Of the time from the trouble's beginning to its heal, or to now. */
  traffic(): Promise<Traffic>;
  /** Of the time since it was healed. */
  since(): Promise<Traffic>;
  /** What was held back arrives. */
  heal(): Promise<void>;
}

/** The network between the nodes of a stack, as far as it leads through relays of the lab. */
export interface Network {
  /** Why nothing can be done to the connections between these two; undefined where it can. */
  whyNot(between: Between): string | undefined;
  /** Resolves once it is in. With `oneWay` it concerns only what flows from the first to the second. */
  trouble(between: Between, trouble: Trouble, oneWay?: boolean): Promise<Troubled>;
}
