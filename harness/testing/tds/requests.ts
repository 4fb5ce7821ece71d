/** A value that a client has sent: texts, whole numbers and truths as text, bytes as bytes. */
export type Sent = string | Buffer | null;

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly database: string;
}

export interface Call {
  readonly sql: string;
  /** By their names, without `@`. */
  readonly params: Readonly<Record<string, Sent>>;
}

/** LOGIN7: the places of its texts are a table of offsets and lengths. */
export function readLogin(data: Buffer): Login {
  const bytesAt = (place: number): Buffer => {
    const [offset, characters] = [data.readUInt16LE(place), data.readUInt16LE(place + 2)];
    return data.subarray(offset, offset + characters * 2);
  };
  const clear = Buffer.from(bytesAt(44).map((byte) => (((byte ^ 0xa5) & 0x0f) << 4) | ((byte ^ 0xa5) >> 4)));
  return {
    user: bytesAt(40).toString('utf16le'),
    password: clear.toString('utf16le'),
    application: bytesAt(48).toString('utf16le'),
    database: bytesAt(68).toString('utf16le'),
  };
}

/** What stands behind the headers that every request has. */
function behindHeaders(data: Buffer): Buffer {
  return data.subarray(data.readUInt32LE(0));
}

export function readBatch(data: Buffer): Call {
  return { sql: behindHeaders(data).toString('utf16le'), params: {} };
}

/** A reader of one buffer, from its beginning on. */
class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get ended(): boolean {
    return this.#at >= this.#data.length;
  }

  take(bytes: number): Buffer {
    const taken = this.#data.subarray(this.#at, this.#at + bytes);
    this.#at += bytes;
    return taken;
  }

  number(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }

  /** A text behind its length in characters. */
  shortText(): string {
    return this.take(this.number(1) * 2).toString('utf16le');
  }
}

type ReadValue = () => Sent;

function pieces(reader: Reader): Buffer | null {
  const length = reader.take(8).readBigUInt64LE();
  if (length === 0xffff_ffff_ffff_ffffn) return null;
  const all: Buffer[] = [];
  for (let size = reader.number(4); size !== 0; size = reader.number(4)) all.push(reader.take(size));
  return Buffer.concat(all);
}

function signed(bytes: Buffer): string {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)).toString();
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Reads a type, and returns how a value of it is read. */
function readType(reader: Reader): ReadValue {
  const type = reader.number(1);
  const short = (toText: (bytes: Buffer) => Sent): ReadValue => {
    reader.number(1);
    return () => {
      const length = reader.number(1);
      return length === 0 ? null : toText(reader.take(length));
    };
  };
  const long = (collated: boolean, toText: (bytes: Buffer) => Sent): ReadValue => {
    const max = reader.number(2);
    if (collated) reader.take(5);
    return () => {
      if (max === 0xffff) {
        const bytes = pieces(reader);
        return bytes === null ? null : toText(bytes);
      }
      const length = reader.number(2);
      return length === 0xffff ? null : toText(reader.take(length));
    };
  };
  switch (type) {
    case 0x26:
      return short(signed);
    case 0x68:
      return short((bytes) => String(bytes[0]));
    case 0x6d:
      return short((bytes) => numberText(bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE()));
    case 0xe7:
      return long(true, (bytes) => bytes.toString('utf16le'));
    case 0xa5:
      return long(false, (bytes) => Buffer.from(bytes));
    default:
      throw new Error(`the server of the tests' own reads no type 0x${type.toString(16)}`);
  }
}

/** A call of `sp_executesql`: the statement, the declarations of its parameters, and their values. */
export function readCall(data: Buffer): Call {
  const reader = new Reader(behindHeaders(data));
  const length = reader.number(2);
  const procedure = length === 0xffff ? reader.number(2) : reader.take(length * 2).toString('utf16le');
  if (procedure !== 10) throw new Error(`the server of the tests' own has no procedure ${procedure}`);
  reader.number(2);
  const values: [name: string, value: Sent][] = [];
  while (!reader.ended) {
    const name = reader.shortText();
    reader.number(1);
    values.push([name.replace(/^@/, ''), readType(reader)()]);
  }
  const [[, sql] = ['', ''], , ...params] = values;
  return { sql: String(sql), params: Object.fromEntries(params) };
}

/** The rows of a bulk load, by the names of its columns. */
export function readBulk(data: Buffer): Record<string, Sent>[] {
  const reader = new Reader(data);
  if (reader.number(1) !== 0x81) throw new Error('a bulk load begins with its columns');
  const columns = Array.from({ length: reader.number(2) }, () => {
    reader.take(6);
    const read = readType(reader);
    return { read, name: reader.shortText() };
  });
  const rows: Record<string, Sent>[] = [];
  while (!reader.ended && reader.number(1) === 0xd1)
    rows.push(Object.fromEntries(columns.map(({ name, read }) => [name, read()])));
  return rows;
}
