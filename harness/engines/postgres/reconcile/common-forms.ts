import type { CommonForm } from '#engines/port/reconcile.ts';

/** SQL for a value in a common form. */
interface CommonSql {
  /** The value in bytes, as many for every value. */
  readonly fixed: string | undefined;
  readonly text: string;
}

/** Forms whose texts hold no separator, so that they go without their length. */
export function isPlain(form: CommonForm): boolean {
  return form === 'decimal' || form === 'float';
}

/** `own` is SQL of the column, `type` its type without a modifier. */
export function commonSql(form: CommonForm, own: string, type: string): CommonSql {
  switch (form) {
    case 'integer':
      return fixedSql(`int8send(${type === 'boolean' ? `${own}::int` : own}::bigint)`);
    case 'decimal':
      return textSql(`trim_scale(${own}::numeric)::text`);
    case 'float':
      return textSql(floatText(`${own}::double precision`));
    case 'text':
      return textSql(`${own}::text`);
    case 'padded-text':
      return textSql(`rtrim(${own}::text, ' ')`);
    case 'bytes':
      return textSql(`encode(${own}, 'hex')`);
    case 'bits':
      return textSql(`${own}::text`);
    case 'uuid':
      return textSql(`lower(${own}::text)`);
    case 'timestamp':
      // The session's zone is UTC.
      return fixedSql(`timestamp_send(${own}::timestamp)`);
    case 'date':
      return fixedSql(`date_send(${own})`);
    case 'time':
      return fixedSql(`time_send(${own})`);
  }
}

function fixedSql(fixed: string): CommonSql {
  return { fixed, text: `encode(${fixed}, 'hex')` };
}

function textSql(text: string): CommonSql {
  return { fixed: undefined, text };
}

/** See MariaDB's: between 1e15 and 1e40 the shortest digits depend on the server, so the number is scaled by 2^-100. */
function floatText(double: string): string {
  const scaled = `(${double} * '7.888609052210118e-31'::double precision)::text || 'p100'`;
  return `CASE WHEN abs(${double}) >= 1e15 AND abs(${double}) < 1e40 THEN ${scaled} ELSE (${double})::text END`;
}
