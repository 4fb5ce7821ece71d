import type { ColumnPlan, CommonForm, SideColumn } from '#engines/port/reconcile.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from '../kinds.ts';
import { decimalSql, ownValue, valueSql } from '../plan-sql.ts';

/** SQL for one column in the forms in which it is hashed, compared and shown. `t` is the table's alias. */
export interface ColumnForms {
  /** The value as it is read. */
  readonly value: string;
  /** The canonical text, the same as other engines', as a varchar of UTF-8. NULL stays NULL. */
  readonly text: string;
  /** The text's length in bytes; undefined where the text holds no separator. */
  readonly length: string | undefined;
  readonly nullable: boolean;
  readonly kind: Kind;
  /** The kind as whose text the value is shown, and written by the other side. */
  readonly shownAs: Kind;
}

/** Above this many bytes a digest of the value stands for it, as in PostgreSQL's forms. */
const INLINE_BYTES_MAX = 1024;

const UTF8 = 'COLLATE Latin1_General_100_BIN2_UTF8';

export function columnForms(plan: ColumnPlan, side: 'source' | 'target'): ColumnForms {
  const { form } = plan;
  if (form === undefined) throw new Error(`${plan.name} has no form in common`);
  const column = side === 'source' ? plan.source : plan.target;
  const other = side === 'source' ? plan.target : plan.source;
  const kind = kindOf(column);
  const own = ownValue(column);
  return {
    value: valueSql(column),
    nullable: plan.source.nullable || plan.target.nullable,
    kind,
    shownAs: shownAs(form, kind, other),
    ...formSql(form, own, column),
  };
}

/** A truth is shown as one only to a column that is one. */
function shownAs(form: CommonForm, kind: Kind, other: SideColumn): Kind {
  if (kind.kind === 'boolean' && !/^(bool(ean)?|bit|tinyint\(1\))$/.test(other.type))
    return { kind: 'integer', bits: 64 };
  return form === 'time' ? { kind: 'local-time', digits: 7 } : kind;
}

type Form = Pick<ColumnForms, 'text' | 'length'>;

function formSql(form: CommonForm, own: string, column: SideColumn): Form {
  switch (form) {
    case 'integer':
      return plain(hexOf(`CONVERT(bigint, ${own})`, 8));
    case 'decimal':
      return plain(decimalText(own, column));
    case 'text':
      return counted(utf8(own));
    case 'padded-text':
      return counted(`RTRIM(${utf8(own)})`);
    case 'bytes':
      return counted(`LOWER(CONVERT(varchar(max), CONVERT(varbinary(max), ${own}), 2))`);
    case 'uuid':
      return counted(`LOWER(CONVERT(varchar(max), ${own}))`);
    case 'timestamp':
      return plain(sinceEpoch(momentSql(own, column), "CONVERT(datetime2(7), '2000-01-01')"));
    case 'date':
      return plain(hexOf(`DATEDIFF(DAY, CONVERT(date, '2000-01-01'), CONVERT(date, ${own}))`, 4));
    case 'time':
      return plain(sinceEpoch(`CONVERT(time(7), ${own})`, "CONVERT(time(7), '00:00:00')"));
    case 'float-bits':
      return plain(hexOf(`CONVERT(float, ${own})`, 8));
    case 'float':
    case 'bits':
      throw new Error(`no column of this engine has the form ${form}`);
  }
}

function plain(text: string): Form {
  return { text, length: undefined };
}

function counted(text: string): Form {
  const length = `DATALENGTH(${text})`;
  return { text: `CASE WHEN ${length} > ${INLINE_BYTES_MAX} THEN ${digestSql(text)} ELSE ${text} END`, length };
}

function digestSql(text: string): string {
  return `LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONVERT(varbinary(max), ${text})), 2))`;
}

function utf8(own: string): string {
  return `CONVERT(varchar(max), CONVERT(nvarchar(max), ${own}) ${UTF8})`;
}

/** A number's bytes, the highest first, as hex digits; of a float those of IEEE 754. */
function hexOf(number: string, bytes: 4 | 8): string {
  return `LOWER(CONVERT(varchar(${bytes * 2}), CONVERT(binary(${bytes}), ${number}), 2))`;
}

/** As many digits behind the point as the number needs: what is right of the last of them becomes blanks, and is cut off. */
function decimalText(own: string, column: SideColumn): string {
  const kind = kindOf(column);
  const text = decimalSql(kind.kind === 'boolean' ? `CONVERT(int, ${own})` : own, column.type.toLowerCase());
  if (kind.kind !== 'decimal' || (kind.scale ?? 0) === 0) return text;
  const trimmed = `REPLACE(RTRIM(REPLACE(${text}, '0', ' ')), ' ', '0')`;
  // A point is left where nothing stands behind it.
  return `REPLACE(REPLACE(${trimmed} + '|', '.|', '|'), '|', '')`;
}

/**
 * What is of a zone in UTC; a date is the midnight at which it begins. A datetime has the three digits that the server shows of it:
 * its 300ths of a second would be .0033333.
 */
function momentSql(own: string, column: SideColumn): string {
  const kind = kindOf(column);
  if (kind.kind === 'local-timestamp') return `CONVERT(datetime2(${kind.digits}), ${own})`;
  return `CONVERT(datetime2(7), ${kind.kind === 'instant' ? `SWITCHOFFSET(${own}, '+00:00')` : own})`;
}

/** A count of microseconds. What lies between two of them, which other engines do not keep, stands behind it. */
function sinceEpoch(moment: string, epoch: string): string {
  const between = `DATEPART(NANOSECOND, ${moment}) % 1000`;
  const hex = hexOf(`DATEDIFF_BIG(MICROSECOND, ${epoch}, ${moment})`, 8);
  return `${hex} + CASE ${between} WHEN 0 THEN '' ELSE '.' + CONVERT(varchar(3), ${between}) END`;
}
