import { type Group, table } from '../planting.ts';
import { unwrapped } from '../unwrapped.ts';

const KEY = 'id integer PRIMARY KEY';
const CAST = 'org.apache.kafka.connect.transforms.Cast$Value';

/** A trigger of the sink's that alters a column as it is written. */
const trigger = (name: string, column: string, expression: string): string => `
CREATE FUNCTION tidy_${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.${column} := ${expression}; RETURN NEW; END $$;
CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION tidy_${name}();
`;

/** A table whose column the sink's trigger alters. */
const tidied = (name: string, columns: string, values: string, column: string, expression: string) =>
  table(name, columns, values, { sinkAfter: trigger(name, column, expression) });

/** Values that arrive altered, and nothing but the two values says how. */
export const values: Group = {
  id: 'values',
  about: 'values that are altered on their way',
  plantings: [
    { code: 'value-lower-case', tables: [tidied('towns', 'name text', `'Town ' || g`, 'name', 'lower(NEW.name)')] },
    { code: 'value-upper-case', tables: [tidied('codes', 'code text', `'code-' || g`, 'code', 'upper(NEW.code)')] },
    {
      code: 'value-trailing-blanks',
      tables: [tidied('cities', 'name text', `'City ' || g || '  '`, 'name', 'rtrim(NEW.name)')],
    },
    {
      code: 'value-cut-short',
      tables: [tidied('essays', 'body text', `'a longer text, number ' || g`, 'body', 'left(NEW.body, 6)')],
    },
    {
      code: 'value-rounded',
      tables: [table('weights', 'kg numeric(10,3)', 'g + 0.126', { sink: `${KEY}, kg numeric(10,1)` })],
    },
    {
      code: 'value-float',
      tables: [
        table('masses', 'kg numeric(24,4)', '12345678901234567890.1234 + g', { sink: `${KEY}, kg double precision` }),
      ],
    },
    {
      code: 'value-epoch-number',
      tables: [
        table('alarms', 'at timestamp', `timestamp '2026-03-01 10:00' + g * interval '1 hour'`, {
          sink: `${KEY}, at bigint`,
        }),
      ],
      connector: unwrapped({ plain: { type: CAST, spec: 'at:int64' } }),
    },
    {
      code: 'value-base64',
      tables: [table('blobs', 'content bytea', `decode(md5(g::text), 'hex')`, { sink: `${KEY}, content text` })],
      source: { 'binary.handling.mode': 'base64' },
    },
    {
      code: 'value-masked',
      tables: [tidied('patients', 'name text', `'patient ' || g`, 'name', 'md5(NEW.name)')],
    },
    {
      code: 'value-empty-for-null',
      tables: [
        tidied('leads', 'phone text', `CASE WHEN g % 3 = 0 THEN '0' || g END`, 'phone', `coalesce(NEW.phone, '')`),
      ],
    },
    {
      code: 'columns-swapped',
      tables: [table('people', 'first text, last text', `'f' || g, 'l' || g`)],
      connector: unwrapped({
        names: { type: 'org.apache.kafka.connect.transforms.ReplaceField$Value', renames: 'first:last,last:first' },
      }),
    },
    {
      code: 'time-zone-shift',
      tables: [
        tidied(
          'trips',
          'starts timestamp',
          `timestamp '2026-01-10 08:00' + g * interval '1 hour'`,
          'starts',
          `(NEW.starts AT TIME ZONE 'UTC') AT TIME ZONE 'Asia/Tokyo'`,
        ),
      ],
    },
    {
      name: 'sound',
      tables: [table('notes', 'body text, at timestamp, kg numeric(10,3)', `'Note ' || g, now(), g + 0.126`)],
    },
    { name: 'applier', tables: ['people', 'notes'], builtin: 'upsert' },
  ],
};
