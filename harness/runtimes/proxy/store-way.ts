import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoreTraffic, StoreTrouble, StoreWay } from '#model/store-way.ts';
import { shortenedList } from './shortened-list.ts';

export interface OpenStoreWay extends StoreWay, AsyncDisposable {}

/** Opens a way to an object store, a server on 127.0.0.1; objects are named in the path. Disposing cuts off who is on it. */
export async function openStoreWay(store: string): Promise<OpenStoreWay> {
  let trouble: StoreTrouble | undefined;
  let traffic = { held: [] as string[], refused: 0, shortened: 0, hidden: 0 };
  /** Objects that were written since lists are late. */
  const written = new Set<string>();
  const stuck = new Set<ServerResponse>();
  const hold = (answer: ServerResponse, name: string): void => {
    traffic.held.push(name);
    stuck.add(answer);
  };
  const server = createServer((asked, answer) => {
    const { pathname, searchParams } = new URL(asked.url ?? '/', store);
    const name = decodeURIComponent(pathname.slice(1));
    // A name without a key is that of a bucket.
    const uploads = asked.method === 'PUT' && /^[^/]+\/./.test(name);
    if (trouble?.kind === 'refuse' && uploads) {
      traffic.refused += 1;
      refuse(trouble, asked, answer);
    } else if (trouble?.kind === 'hold' && uploads) {
      if (trouble.at === 'body') sendHalf(store, asked, answer, () => hold(answer, name));
      else sendAll(store, asked, answer, () => hold(answer, name));
    } else if (trouble?.kind === 'late-lists' && asked.method === 'GET' && searchParams.has('list-type'))
      list(store, asked, answer, (page) => {
        const { xml, left } = shortenedList(page, (key) => written.has(`${name.replace(/\/$/, '')}/${key}`));
        traffic.shortened += left === 0 ? 0 : 1;
        traffic.hidden = Math.max(traffic.hidden, left);
        return xml;
      });
    else {
      if (trouble?.kind === 'late-lists' && uploads) written.add(name);
      forward(store, asked, answer);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clear = (): void => {
    trouble = undefined;
    written.clear();
    for (const answer of stuck) answer.destroy();
    stuck.clear();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble(what) {
      clear();
      traffic = { held: [], refused: 0, shortened: 0, hidden: 0 };
      trouble = what;
    },
    clear,
    get traffic(): StoreTraffic {
      return { ...traffic, held: [...traffic.held] };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** With the request's own headers: a signature is one of the host as well. Whoever hangs up is hung up on. */
function onward(
  store: string,
  { url = '/', method = 'GET', headers }: IncomingMessage,
  answer: ServerResponse,
  onAnswer: (got: IncomingMessage) => void,
) {
  const sent = request(`${store}${url}`, { method, headers }, onAnswer);
  sent.once('error', () => answer.destroy());
  answer.once('close', () => sent.destroy());
  return sent;
}

function forward(store: string, asked: IncomingMessage, answer: ServerResponse): void {
  asked.pipe(
    onward(store, asked, answer, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    }),
  );
}

/** The store waits for the rest until its client hangs up. */
function sendHalf(store: string, asked: IncomingMessage, answer: ServerResponse, onHeld: () => void): void {
  const sent = onward(store, asked, answer, (got) => got.resume());
  asked.once('data', (piece: Buffer) => {
    asked.pause();
    sent.write(piece.subarray(0, Math.ceil(piece.length / 2)), onHeld);
  });
}

/** The object is there, and nobody says so. */
function sendAll(store: string, asked: IncomingMessage, answer: ServerResponse, onHeld: () => void): void {
  asked.pipe(onward(store, asked, answer, (got) => got.resume().once('end', onHeld)));
}

function list(store: string, asked: IncomingMessage, answer: ServerResponse, changed: (xml: string) => string): void {
  asked.pipe(
    onward(store, asked, answer, (got) => {
      const pieces: Buffer[] = [];
      got.on('data', (piece: Buffer) => pieces.push(piece));
      got.once('end', () => {
        const body = Buffer.from(changed(Buffer.concat(pieces).toString()));
        const { 'transfer-encoding': _, ...headers } = got.headers;
        answer.writeHead(got.statusCode ?? 502, { ...headers, 'content-length': body.length }).end(body);
      });
    }),
  );
}

function refuse(
  { status, code, message }: Extract<StoreTrouble, { kind: 'refuse' }>,
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  const body = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  asked.resume().once('end', () => answer.writeHead(status, { 'content-type': 'application/xml' }).end(body));
}
