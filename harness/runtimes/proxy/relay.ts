import { createServer, type Server, Socket } from 'node:net';
import { random } from '#std/random.ts';
import { type Carried, Flow, type FlowTrouble, Meter } from './flow.ts';

/** `up` is from the client to the server. */
export type Way = 'up' | 'down';

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RelayOptions {
  /** Port 0 takes any that is free. */
  readonly listen: Address;
  readonly target: Address;
}

export interface RelayTrouble {
  /** Both ways where it is left out. */
  readonly way?: Way | undefined;
  readonly trouble: FlowTrouble | { readonly kind: 'reset' } | { readonly kind: 'answer'; readonly answer: string };
}

/** What a relay has counted since trouble was made or healed. */
export interface RelayCounts {
  /** Connections that came in. */
  readonly accepted: number;
  /** Connections that were reset. */
  readonly reset: number;
  /** Connections that got an answer in the server's place. */
  readonly answered: number;
  readonly up: Carried;
  readonly down: Carried;
}

const HOLD: FlowTrouble = { kind: 'hold' };

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Flow;
  readonly down: Flow;
  /** The way to the server has been begun: a client that comes while nothing passes finds nobody behind. */
  begun: boolean;
  /** One of its sides has been reset, and the other one is to learn that. */
  broken: boolean;
}

/** Forwards the connections to one port to one server, counts what they carry, and can be told to do it badly. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #listener: Server;
  readonly #connections = new Set<Connection>();
  readonly #meters = { up: new Meter(), down: new Meter() };
  #troubles: Readonly<Record<Way, FlowTrouble | undefined>> = { up: undefined, down: undefined };
  /** The same jitter in every run. */
  readonly #random = random(1).next;
  #resets = false;
  /** What each connection gets in the server's place. */
  #answer: string | undefined;
  readonly #answering = new Set<Socket>();
  #accepted = 0;
  #reset = 0;
  #answered = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** Resolves with the port. Throws what the system says where it cannot listen there. */
  listen(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#listener.once('error', reject);
    this.#listener.listen(this.#options.listen, () => {
      const address = this.#listener.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
    return promise;
  }

  counts(): RelayCounts {
    const { up, down } = this.#meters;
    return {
      ...{ accepted: this.#accepted, reset: this.#reset, answered: this.#answered },
      ...{ up: up.carried, down: down.carried },
    };
  }

  /** Makes trouble in place of what was there, or with undefined none, and counts anew. Returns what was counted until then. */
  set(wanted: RelayTrouble | undefined): RelayCounts {
    const counted = this.counts();
    this.#accepted = 0;
    this.#reset = 0;
    this.#answered = 0;
    this.#meters.up.empty();
    this.#meters.down.empty();
    const trouble = wanted?.trouble;
    this.#resets = trouble?.kind === 'reset';
    this.#answer = trouble?.kind === 'answer' ? trouble.answer : undefined;
    const flowing = trouble?.kind === 'reset' || trouble?.kind === 'answer' ? undefined : trouble;
    this.#troubles = {
      up: wanted?.way === 'down' ? undefined : flowing,
      down: wanted?.way === 'up' ? undefined : flowing,
    };
    for (const connection of [...this.#connections]) {
      if (this.#resets || this.#answer !== undefined) this.#break(connection);
      else this.#settle(connection);
    }
    return counted;
  }

  /** Ends it and its connections. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listener.close(() => resolve());
    for (const connection of [...this.#connections]) this.#drop(connection);
    for (const client of this.#answering) client.destroy();
    await promise;
  }

  /** Whether one direction is cut: then no connection comes about in either, since a handshake takes both. */
  get #isCut(): boolean {
    return this.#troubles.up?.kind === 'hold' || this.#troubles.down?.kind === 'hold';
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    client.on('error', () => {});
    if (this.#resets) {
      this.#reset += 1;
      client.resetAndDestroy();
      return;
    }
    if (this.#answer !== undefined) {
      this.#answerTo(client, this.#answer);
      return;
    }
    const server = new Socket({ allowHalfOpen: true });
    server.on('error', () => {});
    server.setNoDelay(true);
    const { up, down } = this.#meters;
    const connection: Connection = {
      client,
      server,
      up: new Flow({ from: client, to: server, meter: up, trouble: HOLD, random: this.#random }),
      down: new Flow({ from: server, to: client, meter: down, trouble: HOLD, random: this.#random }),
      begun: false,
      broken: false,
    };
    this.#connections.add(connection);
    for (const side of [client, server]) side.on('close', (hadError) => this.#onClose(connection, hadError));
    this.#settle(connection);
  }

  /** Answers once it is asked anything; what comes behind that is read, so that nobody's connection breaks while it writes. */
  #answerTo(client: Socket, answer: string): void {
    this.#answering.add(client);
    client.on('close', () => this.#answering.delete(client));
    client.on('end', () => client.end());
    client.once('data', () => {
      this.#answered += 1;
      client.end(answer);
    });
    client.resume();
  }

  #onClose(connection: Connection, hadError: boolean): void {
    if (hadError) connection.broken = true;
    const { client, server } = connection;
    if (client.destroyed && server.destroyed) this.#connections.delete(connection);
    else if (hadError) this.#settle(connection);
  }

  /** Lets a connection do what it may do now. */
  #settle(connection: Connection): void {
    const { client, server, up, down } = connection;
    if (connection.broken) {
      // Who is cut off does not learn that the other one has gone.
      if (!this.#isCut) this.#resetBoth(connection);
      return;
    }
    if (connection.begun) {
      up.trouble = this.#troubles.up;
      down.trouble = this.#troubles.down;
      return;
    }
    if (this.#isCut) return;
    if (client.readableEnded || client.destroyed) {
      // It has given up waiting, and no server ever knew of it.
      this.#drop(connection);
      return;
    }
    connection.begun = true;
    server.connect(this.#options.target);
    this.#settle(connection);
  }

  #break(connection: Connection): void {
    this.#reset += 1;
    this.#resetBoth(connection);
  }

  #resetBoth(connection: Connection): void {
    this.#forget(connection);
    connection.client.resetAndDestroy();
    connection.server.resetAndDestroy();
  }

  #drop(connection: Connection): void {
    this.#forget(connection);
    connection.client.destroy();
    connection.server.destroy();
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    connection.up.close();
    connection.down.close();
  }
}
