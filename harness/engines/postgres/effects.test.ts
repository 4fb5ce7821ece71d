import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { recorded } from '#testing/asked.ts';
import { effectsOf, noteEffects } from './effects.ts';

const table = (keyType: string, key: readonly string[] = ['a', 'b"c'], name = 'it’s'): Table => ({
  schema: 'shop',
  name,
  columns: [
    { name: 'a', type: 'integer', nullable: false, generated: false },
    { name: 'b"c', type: keyType, nullable: false, generated: false },
    { name: 'at', type: 'timestamp with time zone', nullable: false, generated: false },
  ],
  key,
});

test('a sink notes every write that has an LSN, and every delete, under the key’s canonical text', async () => {
  const { database, asked } = recorded();
  await noteEffects(database, table('uuid', undefined, "it's"));
  expect(asked).toEqual([
    `
CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE UNLOGGED TABLE IF NOT EXISTS driftlab.effects (
  place bigint GENERATED ALWAYS AS IDENTITY, tbl text NOT NULL, key text NOT NULL, lsn numeric NOT NULL
);
CREATE INDEX IF NOT EXISTS effects_key ON driftlab.effects (tbl, key);
CREATE INDEX IF NOT EXISTS effects_place ON driftlab.effects USING brin (place);`,
    `CREATE OR REPLACE FUNCTION "driftlab"."note_shop.it's"() RETURNS trigger LANGUAGE plpgsql  AS $note$
     DECLARE
       written record;
     BEGIN
       IF TG_OP = 'DELETE' THEN written := OLD; ELSE written := NEW; END IF;
       INSERT INTO driftlab.effects (tbl, key, lsn)
       VALUES ('shop.it''s', to_json(ARRAY[written."a"::text, written."b""c"::text])::text, CASE TG_OP WHEN 'DELETE' THEN 0 ELSE written._cdc_lsn END);
       RETURN NULL;
     END $note$;
     CREATE OR REPLACE TRIGGER driftlab_note AFTER INSERT OR UPDATE ON "shop"."it's"
       FOR EACH ROW WHEN (NEW._cdc_lsn IS NOT NULL) EXECUTE FUNCTION "driftlab"."note_shop.it's"();
     CREATE OR REPLACE TRIGGER driftlab_note_delete AFTER DELETE ON "shop"."it's"
       FOR EACH ROW EXECUTE FUNCTION "driftlab"."note_shop.it's"()`,
  ]);
});

test('a key of several spellings is noted in the one, whatever the writer’s session says', async () => {
  const { database, asked } = recorded();
  await noteEffects(database, table('numeric'));
  expect(asked[1]).toContain(
    `LANGUAGE plpgsql SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET extra_float_digits = 1 AS $note$`,
  );
});

test('a table without a key notes nothing', async () => {
  const { database, asked } = recorded();
  await noteEffects(database, table('uuid', []));
  expect(asked).toEqual([]);
});

test('the function’s name is cut where the server would cut it', async () => {
  const { database, asked } = recorded();
  await noteEffects(database, table('uuid', undefined, 'x'.repeat(60)));
  expect(asked[1]).toContain(`CREATE OR REPLACE FUNCTION "driftlab"."note_shop.${'x'.repeat(53)}"() RETURNS`);
});

test('what was noted is read in the order of the writes, once what is too old is forgotten', async () => {
  const rows = [
    { key: '["1"]', lsns: '5,0,9007199254740993' },
    { key: '["2"]', lsns: '7' },
  ];
  const { database, asked } = recorded([], rows);
  expect([...(await effectsOf(database, 'shop.a', ['["1"]', '["2"]']))]).toEqual([
    ['["1"]', [5n, 0n, 9007199254740993n]],
    ['["2"]', [7n]],
  ]);
  expect(asked).toEqual([
    [
      `DELETE FROM driftlab.effects
     WHERE place < pg_sequence_last_value(pg_get_serial_sequence('driftlab.effects', 'place')) - $1::bigint`,
      [500000],
    ],
    [
      `SELECT key, string_agg(lsn::text, ',' ORDER BY place) AS lsns FROM driftlab.effects
     WHERE tbl = $1 AND key = ANY($2::text[]) GROUP BY key`,
      ['shop.a', ['["1"]', '["2"]']],
    ],
  ]);
});
