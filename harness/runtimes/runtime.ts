import type { Node, OwnPlugins, Stack, Topology } from '#model/stack.ts';
import type { Place } from '#std/disk-full.ts';

export interface StackOptions extends Omit<Topology, 'runtime'> {
  /** The engines of source and sink; the lab's default where one is left out. */
  readonly engines?: { readonly source?: string; readonly sink?: string };
  /**
   * Uses servers that run already, where the environment names one of an engine (`DRIFTLAB_POSTGRES_URL` and its like). Who
   * asks for that makes databases by `pipelines/databases.ts` alone.
   */
  readonly attach?: boolean;
  /** Where the nodes' logs go; they outlive the stack there. Default: the lab's own folder, which ends with it. */
  readonly logs?: string;
  /** Goes on with the data of a stack that was suspended: what {@link Stack.suspend} returned. */
  readonly kept?: string;
  /** Connect plugins beside those of the set-up. */
  readonly plugins?: OwnPlugins | undefined;
  /** Leads the clients' connections through relays, so that the network can be troubled. */
  readonly network?: boolean;
  /** Aborting ends the start, and what was started. */
  readonly signal?: AbortSignal;
  /** Told of every change of a node's state; `tookMs` with `running`, how long its start took. */
  readonly onState?: (node: Node, tookMs?: number) => void;
}

/** What servers are run as. */
export interface Runtime {
  /**
   * Starts what the options say, and resolves when each server answers. Throws an OperatorError that names the node and the
   * end of its log; then nothing is left running.
   */
  start(options?: StackOptions): Promise<Stack>;
  /** Where its stacks write on this machine, and how much room they need there. */
  places(): readonly Place[];
}
