import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';

interface Wrapped {
  /** What the client and the server say to each other in the clear, once they have agreed. */
  readonly clear: TLSSocket;
  /** Bytes of TLS that came from the client. */
  feed(bytes: Buffer): void;
  /** From here on the stream is TLS alone. Until then its records travel in packets of the protocol. */
  readonly agreed: boolean;
}

/**
 * The server's end of TLS as TDS has it. What the server says in one go is one message: a client waits for exactly one answer
 * to each of its own.
 */
export function wrapTls(send: (bytes: Buffer, agreed: boolean) => void): Wrapped {
  let agreed = false;
  let written: Buffer[] = [];
  const flush = (): void => {
    if (written.length > 0) send(Buffer.concat(written), agreed);
    written = [];
  };
  const raw = new Duplex({
    read() {},
    write(chunk: Buffer, _, callback) {
      written.push(chunk);
      if (agreed) flush();
      else setImmediate(flush);
      callback();
    },
  });
  const clear = new TLSSocket(raw as never, { isServer: true, key: CERTIFICATE_KEY, cert: CERTIFICATE });
  clear.on('secure', () =>
    setImmediate(() => {
      flush();
      agreed = true;
    }),
  );
  // A client that does not trust the certificate ends the connection.
  clear.on('error', () => {});
  return {
    clear,
    feed: (bytes) => void raw.push(bytes),
    get agreed() {
      return agreed;
    },
  };
}
