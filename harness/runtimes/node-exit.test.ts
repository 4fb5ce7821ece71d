import { expect, test } from 'vitest';
import type { Node } from '#model/stack.ts';
import { nodeExited, watchNodes } from './node-exit.ts';

const broker = { name: 'broker', log: '/logs/broker.log', lastExit: 'SIGKILL' } as Node;

/** A stack whose nodes die when the test says so. */
function stack() {
  const listeners: ((node: Node) => void)[] = [];
  return {
    onNodeDied: (listener: (node: Node) => void) => void listeners.push(listener),
    die: (node: Node) => {
      for (const listener of listeners) listener(node);
    },
  };
}

test('a node that exits is named, with how it ended and where its log is', () => {
  expect(nodeExited(broker)).toMatchObject({
    message: 'the node broker exited (SIGKILL)',
    hint: expect.stringContaining('/logs/broker.log'),
    exit: 3,
  });
});

test('what failed because a node exited is reported as the exit, also where the failure comes first', async () => {
  const servers = stack();
  const watch = watchNodes(servers);
  const cause = watch.causeOf(new Error('Connection terminated unexpectedly'));
  servers.die(broker);
  expect(await cause).toMatchObject({ message: 'the node broker exited (SIGKILL)' });
  expect(watch.signal.reason).toMatchObject({ code: 'node-exited' });
});

test('an error while every node runs stays what it is', async () => {
  const error = new Error('syntax error');
  expect(await watchNodes(stack()).causeOf(error)).toBe(error);
});

test('an error that led to another while it was cleared up after is the one that is reported', async () => {
  const first = new Error('the node connect exited while it was starting (SIGKILL)');
  const later = new SuppressedError(new Error('cannot heal'), first, 'An error was suppressed during disposal');
  expect(await watchNodes(stack()).causeOf(later)).toBe(first);
});
