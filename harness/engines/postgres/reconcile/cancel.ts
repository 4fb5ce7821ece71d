import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** What the driver has of a connection beside its declared face. */
interface Wire extends EventEmitter {
  connect(port: number, host: string): void;
  connect(path: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

interface WithWire {
  readonly connection: Wire;
  readonly host: string;
  readonly port: number;
  readonly ssl?: unknown;
}

interface WithKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Has the server end what runs on a connection: PostgreSQL's cancel request, on a connection of its own, which asks for
 * no login and takes no place among the connections. A server that only loses a connection may go on for minutes.
 * Resolves when the server has taken the request, or cannot be reached; never rejects.
 */
export function cancelStatement(url: string, running: pg.ClientBase): Promise<void> {
  const { processID, secretKey } = running as unknown as WithKey;
  if (processID === null || secretKey === null) return Promise.resolve();
  const { connection, host, port, ssl } = new pg.Client({ connectionString: url }) as unknown as WithWire;
  const { promise, resolve } = Promise.withResolvers<void>();
  const send = (): void => connection.cancel(processID, secretKey);
  connection.on('connect', () => (ssl ? connection.requestSsl() : send()));
  connection.on('sslconnect', send);
  connection.on('error', () => resolve());
  // The server closes it once it has passed the request on.
  connection.on('end', () => resolve());
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
  return promise;
}
