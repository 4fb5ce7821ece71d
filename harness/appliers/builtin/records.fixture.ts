import type { LogRecord } from '#log/decode.ts';

/** Fields of a Connect schema, with `value` in the JSON converter's own form. */
export interface FixtureField {
  readonly type: string;
  readonly name?: string;
  readonly optional?: boolean;
  readonly default?: unknown;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface FixtureRecord {
  readonly op: 'c' | 'u' | 'd' | 'r' | 't';
  readonly key?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly lsn?: number;
}

/** The placeholder of an unchanged TOASTed value, as it is on the wire. */
export const WIRE_UNCHANGED = '__debezium_unavailable_value';

const SOURCE = {
  ...{ type: 'struct', optional: false, name: 'io.debezium.connector.postgresql.Source', field: 'source' },
  fields: [
    ...['connector', 'schema', 'table', 'snapshot'].map((field) => ({ type: 'string', optional: false, field })),
    ...['lsn', 'txId', 'ts_ms'].map((field) => ({ type: 'int64', optional: true, field })),
  ],
};

/** Makes records of one table as Debezium's PostgreSQL connector and the JSON converter write them. */
export function recordsOf(table: string, keys: readonly string[], fields: Readonly<Record<string, FixtureField>>) {
  const struct = (names: readonly string[], field?: string) => ({
    type: 'struct',
    ...(field === undefined ? {} : { field }),
    optional: field !== undefined,
    fields: names.map((name) => ({ optional: !keys.includes(name), ...fields[name], field: name })),
  });
  const names = Object.keys(fields);
  const envelope = {
    type: 'struct',
    name: `p.public.${table}.Envelope`,
    fields: [struct(names, 'before'), struct(names, 'after'), SOURCE, { type: 'string', optional: false, field: 'op' }],
  };
  const json = (schema: unknown, payload: unknown) =>
    `{"schema":${JSON.stringify(schema)},"payload":${JSON.stringify(payload)}}`;
  return ({ op, key, after, lsn }: FixtureRecord): { key: string | null; value: string } => {
    const source = {
      connector: 'postgresql',
      schema: 'public',
      table,
      lsn: lsn ?? null,
      txId: 7,
      ts_ms: 1_700_000_000_000,
      snapshot: 'false',
    };
    const row =
      after === undefined ? null : { ...Object.fromEntries(names.map((name) => [name, null])), ...key, ...after };
    return {
      key: key === undefined ? null : json(struct(keys), key),
      value: json(envelope, { before: null, after: row, source, op, ts_ms: 1_700_000_000_001 }),
    };
  };
}

/** A record as the consumer gets it. */
export function logRecord(
  topic: string,
  offset: number,
  { key, value }: { key: string | null; value: string | null },
): LogRecord {
  return {
    topic,
    partition: 0,
    offset: String(offset),
    timestamp: '1700000000002',
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  };
}
