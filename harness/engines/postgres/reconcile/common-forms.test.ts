import { expect, test } from 'vitest';
import type { CommonForm } from '#engines/port/reconcile.ts';
import { commonSql, isPlain } from './common-forms.ts';

const FLOAT = `CASE WHEN abs(t."c"::double precision) >= 1e15 AND abs(t."c"::double precision) < 1e40 \
THEN (t."c"::double precision * '7.888609052210118e-31'::double precision)::text || 'p100' \
ELSE (t."c"::double precision)::text END`;

test.each<[CommonForm, type: string, sql: string, plain: boolean]>([
  ['integer', 'bigint', `encode(int8send(t."c"::bigint), 'hex')`, true],
  ['integer', 'boolean', `encode(int8send(t."c"::int::bigint), 'hex')`, true],
  ['decimal', 'numeric', 'trim_scale(t."c"::numeric)::text', true],
  ['float', 'real', FLOAT, true],
  ['float-bits', 'real', `encode(float8send(t."c"::double precision), 'hex')`, true],
  ['text', 'text', 't."c"::text', false],
  ['padded-text', 'character', `rtrim(t."c"::text, ' ')`, false],
  ['bytes', 'bytea', `encode(t."c", 'hex')`, false],
  ['bits', 'bit', 't."c"::text', false],
  ['uuid', 'uuid', 'lower(t."c"::text)', false],
  ['timestamp', 'timestamp with time zone', `encode(timestamp_send(t."c"::timestamp), 'hex')`, true],
  ['date', 'date', `encode(date_send(t."c"), 'hex')`, true],
  ['time', 'time without time zone', `encode(time_send(t."c"), 'hex')`, true],
])('the form %s of a %s is what every engine can write', (form, type, sql, plain) => {
  expect([commonSql(form, 't."c"', type), isPlain(form)]).toEqual([sql, plain]);
});
