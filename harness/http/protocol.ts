import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '#std/errors.ts';
import { problem } from './problem.ts';

/** What Node's parser calls its errors, and the status that says the same. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers a request that never became one: a line, a header or a length that cannot be read. Nothing else can be sent on
 * this connection.
 */
export function answerUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  refuse(socket, STATUS[error.code ?? ''] ?? 400, 'unreadable-request', `this is no HTTP request: ${messageOf(error)}`);
}

/** What Node would answer by itself, without a word: a connection to be tunnelled, an expectation that is not met. */
export function answerOddities(server: Server): void {
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    refuse(socket, 405, 'no-such-method', `this is no proxy for ${request.url ?? ''}`, 'allow: GET, HEAD\r\n');
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const told = problem(417, 'expectation-failed', `what is expected cannot be done: ${request.headers.expect}`);
    const body = JSON.stringify(told);
    const length = { 'content-length': Buffer.byteLength(body) };
    response.writeHead(told.status, { 'content-type': 'application/problem+json', connection: 'close', ...length });
    response.end(body);
  });
}

function refuse(socket: Duplex, status: number, code: string, detail: string, headers = ''): void {
  const told = problem(status, code, detail);
  const body = JSON.stringify(told);
  socket.end(
    `HTTP/1.1 ${status} ${told.title}\r\ncontent-type: application/problem+json\r\n${headers}` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** The methods of every path, as the routes were added. */
export interface KnownMethods {
  add(path: string, method: string): void;
  /** Of an address without its query; empty where there is nothing. */
  of(address: string): readonly string[];
}

export function knownMethods(): KnownMethods {
  const known = new Map<string, Set<string>>();
  return {
    add(path, method) {
      known.set(path, (known.get(path) ?? new Set()).add(method));
    },
    of(address) {
      const path = address.split('?', 1)[0] ?? '';
      const found = new Set<string>();
      for (const [pattern, methods] of known)
        if (matches(pattern, path)) for (const method of methods) found.add(method);
      return [...found].sort();
    },
  };
}

/** Whether a path is one of a route's: `/api/v1/faults/:fault`. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
  );
}
