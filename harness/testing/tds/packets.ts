/** What a packet carries. */
export const PACKET = { batch: 1, call: 3, answer: 4, attention: 6, bulk: 7, login: 16, prelogin: 18 } as const;

const HEADER_BYTES = 8;
const BODY_BYTES = 4096 - HEADER_BYTES;
const LAST = 1;

export interface Message {
  readonly type: number;
  readonly data: Buffer;
}

/** Puts the packets of a stream together to messages, and hands each over. */
export function messageReader(take: (message: Message) => unknown): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let bodies: Buffer[] = [];
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt16BE(2);
      if (rest.length < length) return;
      const [type = 0, status = 0] = rest;
      bodies.push(Buffer.from(rest.subarray(HEADER_BYTES, length)));
      rest = rest.subarray(length);
      if ((status & LAST) === 0) continue;
      const data = Buffer.concat(bodies);
      bodies = [];
      take({ type, data });
    }
  };
}

/** A message in as many packets as it needs. */
export function packetsOf(type: number, data: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; at === 0 || at < data.length; at += BODY_BYTES) {
    const body = data.subarray(at, at + BODY_BYTES);
    const header = Buffer.from([type, at + BODY_BYTES >= data.length ? LAST : 0, 0, 0, 0, 0, 1, 0]);
    header.writeUInt16BE(body.length + HEADER_BYTES, 2);
    packets.push(header, body);
  }
  return Buffer.concat(packets);
}
