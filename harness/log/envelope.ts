import type { EventColumn } from '#model/change-event.ts';
import { isUnavailable } from './placeholder.ts';
import { type ConnectSchema, type Convert, type ConverterFor, Undecodable } from './wire.ts';

interface CompiledColumn {
  readonly name: string;
  readonly convert: Convert;
  /** Only some types can be stored out of line, so only their values can be the placeholder. */
  readonly mayBeUnavailable: boolean;
}

/** The fields of a struct, ready to convert a payload's object. */
export interface CompiledRow {
  readonly fields: readonly CompiledColumn[];
  /** The same fields for the outside. One object as long as the schema's bytes do not change. */
  readonly columns: readonly EventColumn[];
}

const NEVER_TOASTED: ReadonlySet<string> = new Set(['int8', 'int16', 'int32', 'int64', 'float', 'double', 'boolean']);

export function compileRow(schema: ConnectSchema, converterFor: ConverterFor): CompiledRow {
  const fields = (schema.fields ?? []).map((field) => {
    if (field.field === undefined) throw new Undecodable(`a field without a name in ${schema.name ?? 'a struct'}`);
    return {
      name: field.field,
      convert: converterFor(field),
      mayBeUnavailable: !NEVER_TOASTED.has(field.type),
      schema: field,
    };
  });
  const columns = fields.map(
    ({ schema: field, name, convert, mayBeUnavailable }): EventColumn => ({
      name,
      connectType: field.type,
      ...(field.name === undefined ? {} : { semantic: field.name }),
      ...(field.parameters === undefined ? {} : { parameters: field.parameters }),
      optional: field.optional === true,
      ...defaultOf(field, convert, mayBeUnavailable),
    }),
  );
  return { fields, columns };
}

/** The default is written in the same form as a value. One that cannot be read is left out: no event depends on it. */
function defaultOf(field: ConnectSchema, convert: Convert, mayBeUnavailable: boolean): { default?: string | null } {
  const raw = field.default;
  if (raw === undefined) return {};
  if (raw === null) return { default: null };
  if (mayBeUnavailable && isUnavailable(raw)) return {};
  try {
    return { default: convert(raw) };
  } catch {
    return {};
  }
}

/** Whether a schema is that of a Debezium envelope, and not of a row alone. */
export function isEnvelope({ fields = [] }: ConnectSchema): boolean {
  return ['op', 'source'].every((name) => fields.some(({ field }) => field === name));
}

/** The rows of a Debezium envelope (`before`, `after`, `source`, `op`, …). */
export function compileEnvelope(schema: ConnectSchema, converterFor: ConverterFor): CompiledRow {
  const fields = schema.fields ?? [];
  const after = fields.find((field) => field.field === 'after') ?? fields.find((field) => field.field === 'before');
  if (after === undefined || !isEnvelope(schema)) {
    throw new Undecodable(`the value is no Debezium envelope but ${schema.name ?? schema.type}`);
  }
  return compileRow(after, converterFor);
}
