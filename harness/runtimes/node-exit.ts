import type { Node, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** A node's process that ended although nobody had asked for it: whatever failed since failed because of that. */
export function nodeExited(node: Node): OperatorError {
  return new OperatorError({
    code: 'node-exited',
    message: `the node ${node.name} exited${node.lastExit === undefined ? '' : ` (${node.lastExit})`}`,
    expected: `${node.name} to run until the lab stops it`,
    hint: `see its log, ${node.log}: what ended it is no fault of the pipeline`,
    exit: 3,
  });
}

export interface NodeWatch {
  /** Aborted with {@link nodeExited} when a node exits unexpectedly. */
  readonly signal: AbortSignal;
  /** The exit of a node in place of the error that it led to; the error itself where no node has exited. */
  causeOf(error: unknown): Promise<unknown>;
}

/** A client's connection may break a moment before the operating system reports the process's end. */
const EXIT_REPORTED_WITHIN_MS = 500;

/** What was thrown first: what failed while it was cleared up after is not the reason. */
function firstOf(error: unknown): unknown {
  return error instanceof SuppressedError ? firstOf(error.suppressed) : error;
}

/** Watches the nodes of a stack; one that has exited before counts too. `why` may know more than that it exited. */
export function watchNodes(
  stack: Pick<Stack, 'onNodeDied'>,
  why: (node: Node) => OperatorError = nodeExited,
): NodeWatch {
  const exited = new AbortController();
  stack.onNodeDied((node) => exited.abort(why(node)));
  return {
    signal: exited.signal,
    async causeOf(error) {
      if (!exited.signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, EXIT_REPORTED_WITHIN_MS);
        exited.signal.addEventListener('abort', () => resolve(), { once: true });
        await promise;
        clearTimeout(timer);
      }
      return exited.signal.aborted ? exited.signal.reason : firstOf(error);
    },
  };
}
