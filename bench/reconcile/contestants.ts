import type { Socket } from 'node:net';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Hashing } from '#engines/port/reconcile.ts';
import { reconcile } from '#reconcile/reconcile.ts';

/** What a contestant found, so that nobody wins by not looking. */
export interface Found {
  readonly rows: number;
  readonly missing?: number;
  readonly extra?: number;
  readonly changed?: number;
  readonly unsettled?: number;
  readonly inFlight?: number;
}

/** One way of getting through both tables. Connecting is part of it. */
type Contestant = (source: string, target: string) => Promise<Found>;

function ours(hashing: Hashing, settleMs = 0): Contestant {
  return async (source, target) => {
    const report = await reconcile(
      {
        sourceUrl: source,
        targetUrl: target,
        tables: [{ source: 'orders', target: 'orders', excludeColumns: [], mapColumns: {}, mapTypes: {} }],
        validateChecksums: true,
        ignoredPrefixes: ['_cdc_'],
        settleMs,
        jobs: 2,
        details: 10,
        hashing,
      },
      { signal: new AbortController().signal },
    );
    const [table] = report.tables;
    if (table === undefined || table.error !== undefined) throw new Error(table?.error ?? 'no table compared');
    return {
      rows: table.source_rows,
      missing: table.missing_rows,
      extra: table.extra_rows,
      changed: table.changed_rows ?? 0,
      unsettled: table.unsettled_rows,
      inFlight: table.in_flight_rows ?? 0,
    };
  };
}

async function bothSides<T>(urls: readonly [string, string], work: (client: pg.Client) => Promise<T>): Promise<[T, T]> {
  const one = async (connectionString: string) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return Promise.all([one(urls[0]), one(urls[1])]);
}

const count: Contestant = async (source, target) => {
  const [rows] = await bothSides([source, target], (client) =>
    client.query<{ n: string }>('SELECT count(*) AS n FROM orders'),
  );
  return { rows: Number(rows.rows[0]?.n) };
};

/** Bytes are received and dropped, not even taken apart into messages: no client in this process could be faster. */
const copy: Contestant = async (source, target) => {
  const [bytes] = await bothSides([source, target], async (client) => {
    const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
    stream.removeAllListeners('data');
    const received = receive(stream);
    stream.write(queryMessage('COPY orders TO STDOUT (FORMAT binary)'));
    try {
      return await received;
    } finally {
      stream.removeAllListeners('data');
      for (const listener of listeners) stream.on('data', listener);
    }
  });
  return { rows: bytes };
};

/** A simple query in PostgreSQL's protocol: Q, the length with itself, the text and a zero. */
function queryMessage(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.from([0x51, 0, 0, 0, 0]);
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

/** ReadyForQuery, the message that ends an answer. Before it stands `COPY n` and a zero. */
const READY = Buffer.from('5a0000000549', 'hex').toString('latin1');

function isEnd(tail: string): boolean {
  return tail.endsWith(READY) && /COPY \d+.$/s.test(tail.slice(0, -READY.length));
}

function receive(stream: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let tail = '';
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 40))).slice(-40);
      if (isEnd(tail)) resolve(bytes);
    });
    stream.once('close', () => reject(new Error('the connection broke')));
  });
}

/** Both tables as text in key order, merged line by line: the plain way to compare exactly. */
const merge: Contestant = async (source, target) => {
  const found = { rows: 0, missing: 0, extra: 0, changed: 0 };
  const clients = [source, target].map((connectionString) => new pg.Client({ connectionString }));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    const [left, right] = clients.map((client) =>
      lines(client.query(copyTo('COPY (SELECT * FROM orders ORDER BY id) TO STDOUT'))),
    ) as [AsyncGenerator<string[]>, AsyncGenerator<string[]>];
    const [one, other] = [cursor(left), cursor(right)];
    await Promise.all([one.fill(), other.fill()]);
    for (;;) {
      const [a, b] = [one.current(), other.current()];
      if (a === undefined && b === undefined) return found;
      const order = a === undefined ? 1 : b === undefined ? -1 : keyOf(a) - keyOf(b);
      if (order <= 0) found.rows++;
      if (order < 0) found.missing++;
      else if (order > 0) found.extra++;
      else if (a !== b) found.changed++;
      if (order <= 0 && one.advance()) await one.fill();
      if (order >= 0 && other.advance()) await other.fill();
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
};

function keyOf(line: string): number {
  return Number(line.slice(0, line.indexOf('\t')));
}

async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield parts;
  }
}

/** The current line of a stream of batches of lines; `advance` says whether the next batch has to be fetched. */
function cursor(batches: AsyncGenerator<string[]>) {
  let batch: string[] = [];
  let at = 0;
  return {
    current: () => batch[at],
    advance: () => ++at >= batch.length,
    async fill() {
      do {
        const next = await batches.next();
        batch = next.done === true ? [] : next.value;
        at = 0;
        if (next.done === true) return;
      } while (batch.length === 0);
    },
  };
}

export const CONTESTANTS = {
  'row-hash': ours('row-hash'),
  'canonical-text': ours('canonical-text'),
  settling: ours('row-hash', 10_000),
  count,
  copy,
  merge,
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof CONTESTANTS;
