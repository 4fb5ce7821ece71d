import { once } from 'node:events';
import { connect } from 'node:net';

/** As Kafka's protocol writes a text that is not null: its length in two bytes, and UTF-8. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A request of Kafka's protocol with its size before it: header (of version 1), and what is asked. */
export function rawRequest(api: { readonly key: number; readonly version: number }, body: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(12);
  header.writeInt16BE(api.key, 4);
  header.writeInt16BE(api.version, 6);
  const request = Buffer.concat([header, text('driftlab'), ...body]);
  request.writeInt32BE(request.length - 4, 0);
  return request;
}

/** Sends a request to a broker (`host:port`) and resolves with the beginning of its answer. */
export async function askRaw(broker: string, request: Buffer, limitMs: number): Promise<Buffer> {
  const [host = '', port] = broker.split(':');
  const socket = connect({ host, port: Number(port) });
  try {
    socket.write(request);
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(limitMs) })) as [Buffer];
    return answer;
  } finally {
    socket.destroy();
  }
}
