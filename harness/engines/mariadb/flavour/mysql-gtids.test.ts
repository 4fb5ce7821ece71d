import { expect, test } from 'vitest';
import type { Result } from '../client.ts';
import { gtidsBefore } from './mysql-gtids.ts';

type Event = readonly [pos: number, type: string, info: string];

/** A server whose log has these events; `limit` is how many it answers with at most. */
function server(events: readonly Event[], { mode = 'ON', limit = Number.POSITIVE_INFINITY } = {}) {
  const asked: string[] = [];
  const answer = (rows: Result['rows']): Result => ({ columns: [], rows });
  const run = async (sql: string): Promise<Result> => {
    asked.push(sql);
    if (sql.includes('gtid_mode')) return answer([[mode]]);
    const [, set] = /GTID_SUBTRACT\(_utf8mb4 x'(\w*)'/.exec(sql) ?? [];
    if (set !== undefined) return answer([[Buffer.from(set, 'hex').toString()]]);
    const [, from = ''] = /FROM (\d+)/.exec(sql) ?? [];
    const rows = events.filter(([pos]) => pos >= Number(from)).slice(0, limit);
    return answer(rows.map(([pos, type, info]) => ['bin.000007', String(pos), type, '1', '0', info]));
  };
  return { run, asked };
}

const gtid = (pos: number, source: string, number: number): Event => [
  pos,
  'Gtid',
  `SET @@SESSION.GTID_NEXT= '${source}:${number}'`,
];
const BEGIN: readonly Event[] = [
  [4, 'Format_desc', 'Server ver: 9.7.4'],
  [127, 'Previous_gtids', 'a:1-5,\nb:1'],
];

test('those before the file, and of the file those before the place', async () => {
  const events = [...BEGIN, gtid(200, 'a', 6), gtid(300, 'a', 7), gtid(400, 'b', 9), gtid(500, 'a', 8)];
  const { run, asked } = server(events);
  expect(await gtidsBefore(run, { file: 'bin.000007', pos: 500 })).toBe('a:1-5,b:1,a:6-7,b:9-9');
  expect(asked[1]).toBe("SHOW BINLOG EVENTS IN 'bin.000007' FROM 4 LIMIT 20000");
});

test('a tag belongs to the source, and numbers that come again or out of order count once', async () => {
  const events = [...BEGIN, gtid(200, 'a:tag', 1), gtid(300, 'a:tag', 3), gtid(400, 'a:tag', 2), gtid(500, 'a:tag', 3)];
  const { run } = server(events);
  expect(await gtidsBefore(run, { file: 'f', pos: 600 })).toBe('a:1-5,b:1,a:tag:1-1,a:tag:3-3,a:tag:2-3');
});

test('a log of several pages is read to the place, and no further', async () => {
  const events = [...BEGIN, ...Array.from({ length: 50_000 }, (_, at) => gtid(200 + at * 10, 'a', 6 + at))];
  const { run, asked } = server(events, { limit: 20_000 });
  expect(await gtidsBefore(run, { file: 'f', pos: 200 + 30_000 * 10 })).toBe('a:1-5,b:1,a:6-30005');
  expect(asked.filter((sql) => sql.startsWith('SHOW'))).toHaveLength(2);
});

test('a server without GTIDs has none, and its log is not read', async () => {
  const { run, asked } = server(BEGIN, { mode: 'OFF' });
  expect(await gtidsBefore(run, { file: 'f', pos: 500 })).toBeUndefined();
  expect(asked).toHaveLength(1);
});
