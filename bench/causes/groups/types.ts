import type { Configuration } from '../../cases/situation.ts';
import { type Group, table } from '../planting.ts';
import { unwrapped } from '../unwrapped.ts';

/** A string without the name of Debezium's own type: what other converters and transforms make of it. */
const plain = (column: string): Configuration =>
  unwrapped({ plain: { type: 'org.apache.kafka.connect.transforms.Cast$Value', spec: `${column}:string` } });
const UNSPECIFIED: Configuration = {
  'connection.url': 'jdbc:postgresql://warehouse.example.internal:5432/warehouse?stringtype=unspecified',
};

/** Debezium's sink then casts the values of a batch by the events' schema, and not by the column's type. */
const UNNEST: Configuration = { 'dialect.postgres.unnest.insert.enabled': 'true' };

/** The driver binds a parameter of one type, and the sink's column has another. */
export const types: Group = {
  id: 'types',
  about: 'values whose type the sink connector does not tell the server, and the same with stringtype=unspecified',
  source: { 'interval.handling.mode': 'string' },
  types: `CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE TYPE mood AS ENUM ('calm', 'busy');`,
  plantings: [
    {
      code: 'sink-type-json',
      tables: [table('documents', 'body jsonb NOT NULL', `jsonb_build_object('n', g)`)],
      connector: { ...plain('body'), ...UNNEST },
    },
    {
      code: 'sink-type-uuid',
      tables: [table('badges', 'serial uuid NOT NULL', 'gen_random_uuid()')],
      connector: { ...plain('serial'), ...UNNEST },
    },
    {
      code: 'sink-type-timestamp',
      tables: [table('visits', 'at timestamptz NOT NULL', `now() - g * interval '1 hour'`)],
      connector: plain('at'),
    },
    { code: 'sink-type-inet', tables: [table('hosts', 'address inet NOT NULL', `('10.0.0.' || g)::inet`)] },
    { code: 'sink-type-hstore', tables: [table('parcels', 'labels hstore', `hstore('size', g::text)`)] },
    {
      code: 'sink-type-ltree',
      tables: [table('places', 'path ltree', `('top.n' || g)::ltree`)],
      connector: plain('path'),
    },
    { code: 'sink-type-interval', tables: [table('shifts', 'lasts interval NOT NULL', `g * interval '1 hour'`)] },
    { code: 'sink-type-enum', tables: [table('rooms', 'mood mood NOT NULL', `'calm'::mood`)] },
    { code: 'sink-type-array', tables: [table('teams', 'moods mood[] NOT NULL', `ARRAY['calm']::mood[]`)] },
    {
      code: 'sink-type-other',
      tables: [
        table('scores', 'points integer NOT NULL', 'g', { sink: 'id integer PRIMARY KEY, points boolean NOT NULL' }),
      ],
    },
    { code: 'sink-array-element', tables: [table('quotes', 'prices numeric(10,2)[]', "'{1.50,2.25}'")] },
    {
      name: 'double-elements',
      tables: [table('offers', 'prices numeric(10,2)[]', "'{1.50,2.25}'")],
      source: { 'decimal.handling.mode': 'double' },
    },
    { name: 'unspecified', tables: ['hosts', 'places', 'shifts', 'rooms'], connector: UNSPECIFIED },
    { name: 'unspecified-plain', tables: ['places'], connector: { ...plain('path'), ...UNSPECIFIED } },
    { name: 'typed', tables: ['documents', 'badges', 'visits', 'places'] },
  ],
};
