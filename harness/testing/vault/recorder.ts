import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Vault answered to one request. What differs in every run has a name in its place: `token-1`, `id-2`. */
export interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly body: unknown;
}

/** A scene's recording: what was in the environment of who asked, and the answers in their order. */
export interface Recorded {
  readonly env: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
}

/** A server that stands where Vault would: it passes requests on to a real one, or answers as one did. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
}

type Answer = (request: { method: string; path: string; token: string; body: string }) => Promise<{
  readonly status: number;
  readonly text: string;
}>;

/** Names for the tokens and ids of one scene. */
export function openNames() {
  const names = new Map<string, string>();
  const named = (prefix: string) => (found: string) => {
    const count = [...names.values()].filter((name) => name.startsWith(prefix)).length;
    const name = names.get(found) ?? `${prefix}${count + 1}`;
    names.set(found, name);
    return name;
  };
  return (text: string): string =>
    text
      .replaceAll(/hvs\.[\w-]+/g, named('token-'))
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, named('id-'));
}

/** Passes every request on to `url`, and tells what was answered. */
export function passOn(url: string, heard: (request: string, status: number, text: string) => void): Promise<StandIn> {
  return serve(async ({ method, path, token, body }) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: token === '' ? {} : { 'x-vault-token': token },
      ...(body === '' ? {} : { body }),
    });
    const text = await answer.text();
    heard(requestOf({ method, path, token, body }), answer.status, text);
    return { status: answer.status, text };
  });
}

/** Answers as it was recorded: for each request its answers one after the other, and the last one from then on. */
export function replay(exchanges: () => readonly Exchange[], filled: (body: unknown) => unknown): Promise<StandIn> {
  const given = new Map<Exchange, true>();
  return serve(async (request) => {
    const wanted = requestOf(request);
    const all = exchanges().filter((one) => one.request === wanted);
    const next = all.find((one) => !given.has(one)) ?? all.at(-1);
    if (next === undefined) return { status: 599, text: JSON.stringify({ errors: [`never recorded: ${wanted}`] }) };
    given.set(next, true);
    return { status: next.status, text: JSON.stringify(filled(next.body)) };
  });
}

const requestOf = ({ method, path, token, body }: { method: string; path: string; token: string; body: string }) =>
  [`${method} ${path}`, ...(token === '' ? [] : [`as ${token}`]), ...(body === '' ? [] : [body])].join(' ');

async function serve(answer: Answer): Promise<StandIn> {
  const server = createServer((request, response) => {
    respond(request, response, answer).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { status, text } = await answer({
    method: request.method ?? '',
    path: request.url ?? '',
    token: String(request.headers['x-vault-token'] ?? ''),
    body: Buffer.concat(parts).toString(),
  });
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}
