import { between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Table } from '#model/catalog.ts';

/** The types of each engine that have another one at a sink, or none, as its catalog writes them. */
const TYPES: Readonly<Record<'postgres' | 'mariadb' | 'mysql' | 'sqlserver', readonly string[]>> = {
  postgres: [
    ...['smallint', 'integer', 'bigint', 'numeric(12,2)', 'numeric(50,35)', 'numeric(80,2)', 'numeric', 'money'],
    ...['real', 'double precision', 'boolean', 'character varying(40)', 'character varying(5000)', 'character(5)'],
    ...['text', 'bytea', 'bit(1)', 'bit(12)', 'bit varying(12)', 'timestamp with time zone'],
    ...['timestamp without time zone', 'timestamp(3) without time zone', 'time without time zone'],
    ...['time with time zone', 'date', 'interval', 'uuid', 'json', 'jsonb', 'text[]', 'xml', 'inet', 'tsvector'],
  ],
  mariadb: [
    ...['tinyint(1)', 'tinyint(4)', 'tinyint(3) unsigned', 'smallint(6)', 'smallint(5) unsigned', 'mediumint(9)'],
    ...['int(11)', 'int(10) unsigned', 'bigint(20)', 'bigint(20) unsigned', 'decimal(12,2)', 'decimal(65,30)'],
    ...['float', 'double', 'bit(1)', 'bit(12)', 'char(5)', 'varchar(40)', 'varchar(5000)', 'text', 'longtext'],
    ...['binary(16)', 'varbinary(40)', 'longblob', 'date', 'datetime', 'datetime(6)', 'timestamp', 'timestamp(6)'],
    ...['time(6)', 'year(4)', "enum('a','b')", "set('a','b')", 'uuid', 'inet6', 'point'],
  ],
  mysql: ['json', 'vector(3)'],
  sqlserver: [
    ...['bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal(12,2)', 'decimal(38,35)', 'money', 'smallmoney'],
    ...['real', 'float', 'char(5)', 'nchar(5)', 'varchar(40)', 'nvarchar(40)', 'varchar(5000)', 'nvarchar(max)'],
    ...['text', 'ntext', 'binary(16)', 'varbinary(40)', 'varbinary(max)', 'image', 'rowversion', 'date', 'time(7)'],
    ...['smalldatetime', 'datetime', 'datetime2(3)', 'datetime2(7)', 'datetimeoffset(7)', 'uniqueidentifier', 'json'],
    ...['xml', 'sql_variant', 'hierarchyid', 'geography', 'vector(3)'],
  ],
};

type Name = keyof typeof TYPES;

const FAMILY: readonly Name[] = ['mariadb', 'mysql'];

/** Which sources stand in one table, and which sinks in one column: what the second of them has is shown where it differs. */
const PAIRS: readonly (readonly [sources: readonly Name[], sinks: readonly (readonly Name[])[]])[] = [
  [['postgres'], [FAMILY, ['sqlserver']]],
  [FAMILY, [['postgres'], ['sqlserver']]],
  [['sqlserver'], [['postgres'], FAMILY]],
];

const titleOf = (name: Name): string => engineOf({ engine: name }).title;
const titlesOf = (names: readonly Name[]): string => names.map(titleOf).join(' and ');

/**
 * For each source, a table of its types and of what the columns are in the sinks that the lab makes of another engine; made by
 * the engines' own maps of types and by the statements with which they make tables. Rows of cells, the head first.
 */
export async function typeMaps(): Promise<readonly { readonly title: string; readonly rows: readonly string[][] }[]> {
  return Promise.all(
    PAIRS.map(async ([sources, sinks]) => {
      const types = sources.flatMap((source) => TYPES[source].map((type) => ({ source, type })));
      const body = types.map(async ({ source, type }) => [
        source === sources[0] ? code(type) : `${code(type)} (${titleOf(source)} alone)`,
        ...(await Promise.all(sinks.map((sink) => cellOf(source, type, sink)))),
      ]);
      const head = [titlesOf(sources), ...sinks.map((sink) => `At a sink of ${titlesOf(sink)}`)];
      return { title: titlesOf(sources), rows: [head, ...(await Promise.all(body))] };
    }),
  );
}

const code = (type: string): string => `\`${type}\``;

async function cellOf(source: Name, type: string, sinks: readonly Name[]): Promise<string> {
  const from = engineOf({ engine: source });
  const made = await Promise.all(sinks.map((sink) => madeAs(from, type, engineOf({ engine: sink }))));
  const others = sinks.flatMap((sink, index) =>
    index > 0 && made[index] !== made[0] ? [`; at ${titleOf(sink)} ${code(made[index] ?? '')}`] : [],
  );
  const compared = from.dialect.textless?.({ type }) === true ? ', not compared' : '';
  return `${code(made[0] ?? '')}${others.join('')}${compared}`;
}

/** The type that a sink's table gets for a column. */
async function madeAs(source: Engine, type: string, sink: Engine): Promise<string> {
  const column = { name: 'v', type, nullable: true, generated: false };
  const table: Table = { schema: source.dialect.defaultSchema, name: 't', key: [], columns: [column] };
  const statements: string[] = [];
  // Stands for a server that has every type of its own it is asked for.
  const database = {
    query: async <T extends object>(sql: string, params: readonly unknown[] = []): Promise<T[]> => {
      statements.push(sql);
      return params.flat().map((known) => ({ type: known })) as T[];
    },
  };
  await sink.sink.createTable(database, between(source, sink).atSink(table), { keyed: false });
  const made = statements
    .map((sql) => /\bCREATE TABLE [^(]*\((.*?)(?: NULL)?, \S_cdc_op\S/s.exec(sql)?.[1])
    .find(Boolean);
  if (made === undefined) throw new Error(`${sink.title} makes no table of ${type}`);
  return made.slice(sink.dialect.quote('v').length + 1).replace(/ COLLATE \w+$/, '');
}
