import type { CommonForm } from '#engines/port/reconcile.ts';

/** Forms whose texts hold no separator, so that they go without their length. */
const PLAIN: ReadonlySet<CommonForm> = new Set([
  'integer',
  'decimal',
  'float',
  'float-bits',
  'timestamp',
  'date',
  'time',
]);

export function isPlain(form: CommonForm): boolean {
  return PLAIN.has(form);
}

/** SQL of the text of a value in a common form. `own` is SQL of the column, `type` its type without a modifier. */
export function commonSql(form: CommonForm, own: string, type: string): string {
  switch (form) {
    case 'integer':
      return hex(`int8send(${type === 'boolean' ? `${own}::int` : own}::bigint)`);
    case 'decimal':
      return `trim_scale(${own}::numeric)::text`;
    case 'float':
      return floatText(`${own}::double precision`);
    case 'float-bits':
      return hex(`float8send(${own}::double precision)`);
    case 'text':
      return `${own}::text`;
    case 'padded-text':
      return `rtrim(${own}::text, ' ')`;
    case 'bytes':
      return `encode(${own}, 'hex')`;
    case 'bits':
      return `${own}::text`;
    case 'uuid':
      return `lower(${own}::text)`;
    case 'timestamp':
      // The session's zone is UTC.
      return hex(`timestamp_send(${own}::timestamp)`);
    case 'date':
      return hex(`date_send(${own})`);
    case 'time':
      return hex(`time_send(${own})`);
  }
}

function hex(bytes: string): string {
  return `encode(${bytes}, 'hex')`;
}

/** See MariaDB's: between 1e15 and 1e40 the shortest digits depend on the server, so the number is scaled by 2^-100. */
function floatText(double: string): string {
  const scaled = `(${double} * '7.888609052210118e-31'::double precision)::text || 'p100'`;
  return `CASE WHEN abs(${double}) >= 1e15 AND abs(${double}) < 1e40 THEN ${scaled} ELSE (${double})::text END`;
}
