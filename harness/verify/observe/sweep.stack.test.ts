import { afterAll, beforeAll, expect, test } from 'vitest';
import { between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import { type SideName, startTwoEngines, type TwoEngines } from '#testing/two-engines.ts';
import { plansFor, rangesAlike } from './plan.ts';
import { openSweep } from './sweep.ts';

let servers: TwoEngines;
beforeAll(async () => {
  servers = await startTwoEngines();
});
afterAll(() => servers?.[Symbol.asyncDispose]());

type Name = Exclude<SideName, 'mysql'>;

const TABLE: Readonly<Record<Name, string>> = {
  postgres: `CREATE TABLE swept (id int, line bytea, words text, amount numeric(12,2), at timestamptz, local timestamp(3),
    yes boolean, day date, ratio double precision, own uuid, doc jsonb, PRIMARY KEY (id, line))`,
  mariadb: `CREATE TABLE swept (id int, line varbinary(4), words text, amount decimal(12,2), at timestamp(6) NULL,
    local datetime(3), yes tinyint(1), day date, ratio double, own uuid, doc longtext, PRIMARY KEY (id, line))`,
  get second() {
    return this.mariadb;
  },
};
const BYTES: Readonly<Record<Name, (hex: string) => string>> = {
  postgres: (hex) => `'\\x${hex}'`,
  mariadb: (hex) => `x'${hex}'`,
  second: (hex) => `x'${hex}'`,
};
const ROWS = 300;

async function fill(name: Name): Promise<void> {
  const values = Array.from({ length: ROWS }, (_, n) => {
    const words = n % 3 === 0 ? 'NULL' : `'it''s "${n}" é😀'`;
    const moment = `'2024-02-29 23:59:${String(n % 60).padStart(2, '0')}.${n % 2 === 0 ? '5' : '0'}'`;
    return `(${(n >> 1) - 70}, ${BYTES[name](n % 2 === 0 ? '' : '00ff')}, ${words}, ${n}.5, ${moment}, ${moment},
      ${n % 2 === 0}, '2024-01-10', ${n / 7}, '123e4567-e89b-12d3-a456-426614174000', '{"a": ${n}}')`;
  });
  await servers[name](TABLE[name]);
  await servers[name](`INSERT INTO swept VALUES ${values.join(', ')}`);
}

test.each([
  ['postgres', 'mariadb'],
  ['mariadb', 'postgres'],
  ['mariadb', 'second'],
] as const)('a range is the same in %s and in %s until a row of it is not', async (one, other) => {
  await Promise.all([fill(one), fill(other)]);
  const open = (name: Name): Database =>
    engineOf({ engine: name === 'second' ? 'mariadb' : name }).server.open(servers.urls[name]);
  const [source, sink] = [open(one), open(other)];
  const engines = [engineOf(source), engineOf(sink)] as const;
  const across = between(...engines);
  const [ours] = await engines[0].compare.readCatalog(source);
  const [theirs] = await engines[1].compare.readCatalog(sink);
  const plans = ours === undefined || theirs === undefined ? undefined : plansFor(ours, theirs, { across });
  if (plans === undefined) throw new Error('no plans');
  expect(rangesAlike(source, { sink }, plans)).toBe(true);
  const differing = async (): Promise<(readonly [piece: number, keys: string[]])[]> => {
    await using left = await engines[0].compare.openReadView(source);
    await using right = await engines[1].compare.openReadView(sink);
    const sweep = await openSweep(left, plans, { after: undefined, limit: 1000, whole: false }, 50);
    expect(sweep.last).toBeUndefined();
    const pieces = await sweep.differing(right, plans.sink);
    return Promise.all(
      pieces.map(async (piece) => [piece, (await sweep.open(piece, right, plans.sink)).map(({ key }) => key)] as const),
    );
  };
  expect(await differing()).toEqual([]);
  await servers[other]("UPDATE swept SET words = 'other' WHERE id = -70 AND amount = 1.5");
  await servers[other]('DELETE FROM swept WHERE amount = 299.5');
  await servers[other]("UPDATE swept SET doc = '{}' WHERE amount = 100.5");
  expect(await differing()).toEqual([
    [0, ['["-70","\\\\x00ff"]']],
    [2, ['["-20","\\\\x"]']],
    [5, ['["79","\\\\x00ff"]']],
  ]);
  for (const name of [one, other]) await servers[name]('DROP TABLE swept');
  await Promise.all([source.close(), sink.close()]);
});
