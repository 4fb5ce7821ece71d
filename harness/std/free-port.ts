import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { OperatorError } from './errors.ts';

/**
 * Below the range from which systems take the local ports of outgoing connections (Linux 32768+, macOS 49152+): a node
 * that is down for a while would otherwise find its port taken by some client of ours.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A tuple of `N` elements, so that as many names can be given to them. */
type Tuple<T, N extends number, R extends T[] = []> = R['length'] extends N ? R : Tuple<T, N, [...R, T]>;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Different TCP ports of 127.0.0.1 on which nobody listens at the moment, and none of `taken`, to which they are added. Another
 * process may still take one.
 */
export async function freePorts<N extends number>(count: N, taken = new Set<number>()): Promise<Tuple<number, N>> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1000)
      throw new OperatorError({
        code: 'no-free-port',
        message: 'no free TCP port could be found on 127.0.0.1',
        expected: `${count} free ports from ${LOWEST} to ${HIGHEST}`,
        found: `${ports.size}`,
        hint: 'end programs that listen on many ports, and try again',
        exit: 3,
      });
    const port = randomInt(LOWEST, HIGHEST);
    if (taken.has(port) || !(await isFree(port))) continue;
    ports.add(port);
    taken.add(port);
  }
  return [...ports] as Tuple<number, N>;
}
