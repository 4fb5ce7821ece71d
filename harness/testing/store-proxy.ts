import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request: it gets through, its body is taken in and nobody answers, or its credentials are said to have expired. */
type Passage = 'pass' | 'hold' | 'expired';

/** Stands before an object store. */
export interface StoreProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Objects that were being written when they were held up. */
  readonly held: readonly string[];
  /** From now on, for objects that are written below a prefix; all else gets through. */
  set(passage: Passage, prefix: string): void;
}

const EXPIRED = '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>';

export async function startStoreProxy(store: string): Promise<StoreProxy> {
  const held: string[] = [];
  let [passage, prefix]: [Passage, string] = ['pass', ''];
  const server = createServer((asked, answer) => {
    const concerned = asked.method === 'PUT' && (asked.url ?? '').startsWith(prefix);
    if (!concerned || passage === 'pass') forward(store, asked, answer);
    else if (passage === 'hold') held.push(asked.url ?? '');
    else asked.resume().once('end', () => answer.writeHead(403, { 'content-type': 'application/xml' }).end(EXPIRED));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    set(what, where) {
      [passage, prefix] = [what, where];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** With its own headers: a signature is one of the host as well. */
function forward(store: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { url = '/', method = 'GET', headers } = asked;
  const onward = request(`${store}${url}`, { method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  onward.once('error', () => answer.destroy());
  asked.pipe(onward);
}
