import { COLLATION, u32, u64, wireType } from './types.ts';

/** An error of the server's, as `sys.messages` has it. */
export interface TdsError {
  readonly number: number;
  readonly message: string;
  readonly state?: number;
  readonly class?: number;
}

/** What one statement answers. */
export interface TdsAnswer {
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly rows?: readonly (readonly (string | null)[])[];
  /** Rows that it wrote. */
  readonly affected?: number;
  readonly errors?: readonly TdsError[];
}

const DONE = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 };

const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const text = (value: string): Buffer => Buffer.from(value, 'utf16le');
const shortText = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), text(value)]);

function sized(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([token]), u16(body.length), body]);
}

function message(token: number, { number, message: words, state = 1, class: severity = 16 }: TdsError): Buffer {
  const rest = [shortText('stand-in'), shortText(''), u32(1)];
  return sized(
    token,
    Buffer.concat([u32(number), Buffer.from([state, severity]), u16(words.length), text(words), ...rest]),
  );
}

export const errorToken = (error: TdsError): Buffer => message(0xaa, error);

function done(token: number, status: number, count = 0): Buffer {
  return Buffer.concat([Buffer.from([token]), u16(status), u16(0), u64(BigInt(count))]);
}

export const doneToken = (status: {
  readonly error?: boolean;
  readonly attention?: boolean;
  readonly count?: number;
}) =>
  done(
    0xfd,
    (status.error === true ? DONE.error : 0) |
      (status.attention === true ? DONE.attention : 0) |
      (status.count === undefined ? 0 : DONE.count),
    status.count,
  );

/** What a server says to a client that it has let in. JDBC's driver demands the collation. */
export function welcome(database: string): Buffer {
  const changed = sized(0xe3, Buffer.concat([Buffer.from([1]), shortText(database), shortText('master')]));
  const collation = sized(0xe3, Buffer.concat([Buffer.from([7, COLLATION.length]), COLLATION, Buffer.from([0])]));
  const acknowledged = sized(
    0xad,
    Buffer.concat([
      Buffer.from([1]),
      Buffer.from('74000004', 'hex'),
      shortText('stand-in'),
      Buffer.from([16, 0, 0, 0]),
    ]),
  );
  return Buffer.concat([changed, collation, acknowledged, doneToken({})]);
}

function rowsOf({ columns = [], rows = [] }: TdsAnswer): Buffer[] {
  if (columns.length === 0) return [];
  const types = columns.map(({ type }) => wireType(type));
  const described = columns.map(({ name }, index) =>
    Buffer.concat([u32(0), u16(1), types[index]?.info ?? Buffer.alloc(0), shortText(name)]),
  );
  return [
    Buffer.concat([Buffer.from([0x81]), u16(columns.length), ...described]),
    ...rows.map((row) =>
      Buffer.concat([Buffer.from([0xd1]), ...types.map((type, index) => type.value(row[index] ?? null))]),
    ),
  ];
}

/** The tokens of what a batch, or a call of a procedure, answers. */
export function answerTokens(answers: readonly TdsAnswer[], called: boolean): Buffer {
  const parts: Buffer[] = [];
  for (const [index, answer] of answers.entries()) {
    const last = index === answers.length - 1;
    const errors = answer.errors ?? [];
    parts.push(...rowsOf(answer), ...errors.map(errorToken));
    const count = answer.columns === undefined ? answer.affected : answer.rows?.length;
    const status =
      (last && !called ? 0 : DONE.more) | (errors.length > 0 ? DONE.error : 0) | (count === undefined ? 0 : DONE.count);
    parts.push(done(called ? 0xff : 0xfd, status, count));
  }
  if (called) parts.push(Buffer.concat([Buffer.from([0x79]), u32(0)]), done(0xfe, 0));
  return Buffer.concat(parts);
}
