import type { Altered, ByJdbc, Corpus, PairColumn, Refused, SinkEngine } from './corpus.ts';
import { LEFT_OUT, MARIADB_CORPUS, NOT_CAPTURED } from './mariadb.ts';
import { MYSQL_CORPUS } from './mysql.ts';
import { POSTGRES_AT_MYSQL, POSTGRES_CORPUS } from './postgres.ts';
import { typeMaps } from './type-map.ts';

const TITLES: Readonly<Record<SinkEngine, string>> = { postgres: 'PostgreSQL', mariadb: 'MariaDB', mysql: 'MySQL' };
/** A value is shown so far. */
const SHOWN = 44;

/** The page with its tables made anew. */
export async function withTables(page: string): Promise<string> {
  const maps = (await typeMaps()).map(({ title, rows }) => `#### ${title}\n\n${markdown(rows)}\n`);
  return inPlace('type pairs', typePairs(), inPlace('type maps', maps.join('\n'), page));
}

/** The page with what stands between two marks replaced. */
function inPlace(what: string, text: string, page: string): string {
  const begin = `<!-- ${what}: made by \`node harness/testing/type-pairs/write-page.ts\` -->`;
  const end = `<!-- end of ${what} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no place for the ${what}`);
  return [before, begin, '\n\n', text, '\n', end, after].join('');
}

function typePairs(): string {
  return [
    section('mariadb', MARIADB_CORPUS, ['postgres', 'mariadb']),
    `The task of Debezium's connector fails at a table with a column of type ${list(NOT_CAPTURED)}. Columns of type`,
    `${list(LEFT_OUT)} are left`,
    'out of the comparison, and listed under **Not checked**: their values have no text.',
    '',
    section('postgres', POSTGRES_CORPUS, ['mariadb']),
    '### From and to MySQL',
    '',
    'MySQL has no type for UUIDs, and one for JSON, which the server writes in its own way. What is listed here differs from',
    'MariaDB, or from PostgreSQL to MariaDB; all other types of those tables were tried as well, and the same was seen of them.',
    'Columns of spatial types, and of `vector`, are left out of the comparison.',
    '',
    differing('mysql', [MYSQL_CORPUS, ['postgres', 'mysql']], [MARIADB_CORPUS, ['postgres', 'mariadb']]),
    differing('postgres', [POSTGRES_AT_MYSQL, ['mysql']], [POSTGRES_CORPUS, ['mariadb']]),
  ].join('\n');
}

type Pairs = readonly [corpus: Corpus, sinks: readonly SinkEngine[]];

const list = (names: readonly string[]): string => names.map(code).join(', ');

function section(source: SinkEngine, corpus: Corpus, sinks: readonly SinkEngine[]): string {
  const rows = Object.values(corpus).map((column) => cellsOf(column, sinks));
  return `### From ${TITLES[source]}\n\n${markdown([headOf(source, sinks), ...rows])}\n`;
}

/** A table of those columns alone for which something else is to be said than of the same columns of MariaDB's pairs. */
function differing(source: SinkEngine, [corpus, sinks]: Pairs, [known, theirs]: Pairs): string {
  const rows = Object.entries(corpus).flatMap(([name, column]) => {
    const cells = cellsOf(column, sinks);
    const other = known[name];
    const said = other === undefined ? [] : cellsOf(other, theirs);
    return inCommon(cells) === inCommon(said) ? [] : [cells];
  });
  return `${markdown([headOf(source, sinks), ...rows])}\n`;
}

/** Without what the two merely write differently: their names, and widths of integers. */
function inCommon(cells: readonly string[]): string {
  return cells
    .join()
    .replaceAll(TITLES.mariadb, TITLES.mysql)
    .replaceAll(/int\(\d+\)/g, 'int');
}

function headOf(source: SinkEngine, sinks: readonly SinkEngine[]): string[] {
  const other = source === 'postgres' ? (sinks[0] ?? source) : 'postgres';
  return [
    TITLES[source],
    `At a sink of ${TITLES[other]}`,
    'Altered at the capture',
    'Refused by the built-in applier',
    ...sinks.map((sink) => `Debezium JDBC at ${TITLES[sink]}`),
  ];
}

function cellsOf(column: PairColumn, sinks: readonly SinkEngine[]): string[] {
  return [
    code(column.type),
    code(column.made),
    alteredCell(column, column.altered),
    refusedCell(column, sinks),
    ...sinks.map((sink) => jdbcCell(column, column.jdbc?.[sink])),
  ];
}

function markdown(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = (escaped[0] ?? []).map((_, index) => Math.max(...escaped.map((cells) => width(cells[index] ?? ''))));
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, index) => cell + fill.repeat((widths[index] ?? 0) - width(cell))).join(' | ')} |`;
  const [head = [], ...body] = escaped;
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...body.map((cells) => line(cells)),
  ].join('\n');
}

const width = (text: string): number => [...text].length;

/** With two marks where the text has one itself. */
function code(text: string): string {
  if (text === '') return 'an empty text';
  const whole = text.replace('\u0005', '\\x05');
  const shown = whole.length > SHOWN ? `${whole.slice(0, SHOWN)}…` : whole;
  return `\`${shown}\``;
}

const shownValue = ({ values }: PairColumn, place: number): string => code(values[place] ?? '');

const phase = ({ only }: Altered | Refused): string =>
  only === undefined ? '' : only === 'snapshot' ? ' (in a snapshot)' : ' (from the stream)';

function alteredCell(column: PairColumn, altered: readonly Altered[] = []): string {
  return altered
    .map((one) => {
      const to = one.to === null ? 'NULL' : code(one.to);
      return column.values[one.value] === 'DEFAULT'
        ? `${to}${phase(one)}`
        : `${shownValue(column, one.value)} → ${to}${phase(one)}`;
    })
    .join('; ');
}

function refusedCell(column: PairColumn, sinks: readonly SinkEngine[]): string {
  return sinks
    .flatMap((sink) => {
      const byReason = Map.groupBy(column.refused?.[sink] ?? [], ({ why }) => why);
      return [...byReason].map(([why, refused]) => {
        const values = refused.map((one) => `${shownValue(column, one.value)}${phase(one)}`);
        return `${sinks.length > 1 ? `at ${TITLES[sink]} ` : ''}${values.join(', ')}: ${why}`;
      });
    })
    .join('; ');
}

function jdbcCell(column: PairColumn, { altered, stops }: ByJdbc = {}): string {
  const cells = altered === undefined ? [] : [alteredCell(column, altered)];
  if (stops !== undefined) {
    const values = stops.values?.map((place) => shownValue(column, place)).join(', ');
    cells.push(`stops${values === undefined ? '' : ` at ${values}`}: ${stops.error}`);
  }
  return cells.join('; ');
}
