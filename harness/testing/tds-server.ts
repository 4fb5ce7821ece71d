import { createServer, type Socket } from 'node:net';
import { type Message, messageReader, PACKET, packetsOf } from './tds/packets.ts';
import { type Call, type Login, readBatch, readBulk, readCall, readLogin, type Sent } from './tds/requests.ts';
import { wrapTls } from './tds/tls.ts';
import { answerTokens, doneToken, errorToken, type TdsAnswer, type TdsError, welcome } from './tds/tokens.ts';

export interface TdsServerOptions {
  /** `required`: every client must encrypt. `refused`: none can. Default: `required`, as of SQL Server in a container. */
  readonly encryption?: 'required' | 'refused';
  /** Why a login is refused; undefined lets it in. */
  readonly login?: (login: Login) => TdsError | undefined;
  /**
   * What a batch or a call answers; the signal ends it where the client has cancelled. Default: nothing. `hang-up` breaks the
   * connection.
   */
  readonly answer?: (
    call: Call,
    signal: AbortSignal,
  ) => TdsAnswer | readonly TdsAnswer[] | 'hang-up' | Promise<TdsAnswer | readonly TdsAnswer[] | 'hang-up'>;
}

export interface TdsServer extends AsyncDisposable {
  readonly port: number;
  /** Those that were let in or not. */
  readonly logins: readonly Login[];
  /** Batches and calls, but for the settings with which the driver begins, by the connection that they came on. */
  readonly calls: (Call & { readonly connection: number })[];
  readonly loads: readonly (readonly Record<string, Sent>[])[];
  /** Statements that a client has cancelled. */
  readonly attentions: number;
  readonly connections: number;
}

/** What the driver sets at the beginning of each connection, and where one is given back. */
const SETTINGS = /^set ansi_nulls on/;

const ENCRYPTION = { refused: 2, required: 3 } as const;

/** VERSION 16.0, ENCRYPTION and the end of the options. */
function prelogin(encryption: 'required' | 'refused'): Buffer {
  const head = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff]);
  return Buffer.concat([head, Buffer.from([16, 0, 0, 0, 0, 0, ENCRYPTION[encryption]])]);
}

interface Seen {
  logins: Login[];
  calls: (Call & { readonly connection: number })[];
  loads: Record<string, Sent>[][];
  attentions: number;
}

/**
 * A small server of the Tabular Data Stream, as SQL Server speaks it: pre-login, TLS, login, batches, `sp_executesql`, bulk
 * loads, errors and cancellation. It knows no SQL: a test says what is answered.
 */
export async function startTdsServer(options: TdsServerOptions = {}): Promise<TdsServer> {
  const seen: Seen = { logins: [], calls: [], loads: [], attentions: 0 };
  const open = new Set<Socket>();
  let number = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    number += 1;
    serve(socket, number, options, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    get logins() {
      return seen.logins;
    },
    get calls() {
      return seen.calls;
    },
    get loads() {
      return seen.loads;
    },
    get attentions() {
      return seen.attentions;
    },
    get connections() {
      return open.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(socket: Socket, connection: number, options: TdsServerOptions, seen: Seen): void {
  const { encryption = 'required' } = options;
  let running: AbortController | undefined;
  let tls: ReturnType<typeof wrapTls> | undefined;
  const send = (data: Buffer): unknown => (tls?.clear ?? socket).write(packetsOf(PACKET.answer, data));

  const answer = async (call: Call, called: boolean): Promise<unknown> => {
    if (SETTINGS.test(call.sql)) return send(doneToken({}));
    seen.calls.push({ ...call, connection });
    if (/^insert bulk/.test(call.sql)) return send(doneToken({}));
    const own = new AbortController();
    running = own;
    const answers = await options.answer?.(call, own.signal);
    if (own.signal.aborted) return;
    running = undefined;
    if (answers === 'hang-up') return void socket.destroy();
    send(answerTokens(answers === undefined ? [{}] : ([answers].flat() as TdsAnswer[]), called));
  };

  const take = ({ type, data }: Message): unknown => {
    switch (type) {
      case PACKET.prelogin:
        if (tls !== undefined) return tls.feed(data);
        socket.write(packetsOf(PACKET.answer, prelogin(encryption)));
        if (encryption === 'required') tls = encrypted(socket, take);
        return;
      case PACKET.login: {
        const login = readLogin(data);
        seen.logins.push(login);
        const refused = options.login?.(login);
        return send(
          refused === undefined
            ? welcome(login.database)
            : Buffer.concat([errorToken(refused), doneToken({ error: true })]),
        );
      }
      case PACKET.batch:
        return void answer(readBatch(data), false);
      case PACKET.call:
        return void answer(readCall(data), true);
      case PACKET.bulk: {
        const rows = readBulk(data);
        seen.loads.push(rows);
        return send(doneToken({ count: rows.length }));
      }
      case PACKET.attention:
        seen.attentions += 1;
        // What was being answered ends first: a message of its own.
        if (running !== undefined) send(doneToken({ error: true }));
        running?.abort();
        running = undefined;
        return send(doneToken({ attention: true }));
    }
  };
  const read = messageReader(take);
  socket.on('data', (chunk) => (tls?.agreed === true ? tls.feed(chunk) : read(chunk)));
}

function encrypted(socket: Socket, take: Parameters<typeof messageReader>[0]): ReturnType<typeof wrapTls> {
  const tls = wrapTls((bytes, agreed) => socket.write(agreed ? bytes : packetsOf(PACKET.prelogin, bytes)));
  tls.clear.on('data', messageReader(take));
  return tls;
}
