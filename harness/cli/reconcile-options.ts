import { OperatorError } from '#std/errors.ts';
import type { OptionTable, Switch, Usage, ValueOption } from './arguments.ts';

const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
const FORMATS = ['json', 'csv', 'console'] as const;
const HASHINGS = ['auto', 'row-hash', 'canonical-text'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type ReportFormat = (typeof FORMATS)[number];

/** Everything `driftlab reconcile` takes: parsing, help and the config file are made from this table. */
export const reconcileOptions = {
  source: text(
    'URL',
    'the source database, postgres://user@host:port/database, mariadb://…, mysql://… or sqlserver://…; or lab:source, the live lab',
  ),
  target: text('URL', 'the target database; or lab:sink/DATABASE'),
  'source-server': text(
    'HOST',
    'the source, piece by piece: host, host:port, or sqlserver://host:port of another engine',
  ),
  'source-database': text('NAME', 'its database'),
  'source-username': text('NAME', 'its user'),
  'source-password': text('WORD', 'its password; better in DRIFTLAB_SOURCE_PASSWORD or a file'),
  'source-password-file': text('FILE', 'a file that holds its password'),
  'target-host': text('HOST', 'the target, piece by piece, likewise'),
  'target-database': text('NAME', 'its database'),
  'target-username': text('NAME', 'its user'),
  'target-password': text('WORD', 'its password; better in DRIFTLAB_TARGET_PASSWORD or a file'),
  'target-password-file': text('FILE', 'a file that holds its password'),
  'use-vault': flag(
    'take databases that are named, --source shop or --source-database shop, from secret/database/shop of Vault: VAULT_ADDR, VAULT_TOKEN',
  ),
  tables: list('A,B', 'tables that have the same name on both sides'),
  'source-table': text('NAME', 'one table of the source'),
  'target-table': text('NAME', 'its counterpart'),
  'source-tables': list('A,B', 'tables of the source'),
  'target-tables': list('A,B', 'their counterparts, in the same order'),
  config: text('FILE', 'a JSON file with any of these options, and tables with options of their own'),
  'validate-checksums': flag('compare contents, every row and column; without it only row counts'),
  key: list('A,B', 'columns that name a row of a table without a primary key', 'the primary key, or the whole row'),
  columns: list('A,B', 'compare only these columns and the key', 'all'),
  'exclude-columns': list('A,B', 'compare all columns but these'),
  'ignore-cdc-columns': list('PREFIXES', 'leave out columns that begin so; "none" leaves none out', '_cdc_'),
  where: text('SQL', 'compare only rows for which this holds on either side'),
  'map-columns': pairs('A=B', "columns that have another name on the target: source's=target's"),
  'map-types': pairs('A=TYPE', 'compare a column as this type, on both sides'),
  format: oneOf('FORMAT', FORMATS, 'how the report is written', 'console on a terminal, json elsewhere'),
  output: text('FILE', 'where the report is written', 'standard output'),
  'output-dir': text('FOLDER', 'where each run leaves a report of its own'),
  'log-level': oneOf('LEVEL', LOG_LEVELS, 'how much is said on standard error', 'info'),
  schedule: flag('run again and again until stopped; with --interval or --cron, and --output-dir'),
  interval: number('SECONDS', 'start a run this often', 1, 31_536_000),
  cron: text('EXPRESSION', 'start a run at these times, such as "*/30 * * * *"'),
  'print-systemd': flag('print a systemd unit that runs exactly this, and do nothing else'),
  settle: number('SECONDS', 'look again at rows that differ until they agree or this is over', 0, 86_400, '10'),
  'repair-sql': text('FILE', 'write the statements that would make the target equal the source; they are never run'),
  pushgateway: text('URL', "a Prometheus Pushgateway that gets each run's figures"),
  webhook: text('URL', 'gets {"text": …} when a run fails'),
  jobs: integer('N', 'connections to each database at once', 1, 64, '2'),
  details: integer('N', 'differing rows of a kind that the report shows', 0, 10_000, '10'),
  hash: oneOf('HOW', HASHINGS, 'row-hash, canonical-text, or the faster one that both sides share', 'auto'),
  debug: flag('show the stack of an error'),
  help: flag('show this'),
} as const satisfies OptionTable;

export const reconcileUsage: Usage<typeof reconcileOptions> = {
  command: 'reconcile',
  summary:
    'Compares tables of two databases exactly and says which rows differ. It only reads.\n' +
    'Exit status: 0 all tables match, 1 discrepancies or an error, 2 wrong usage, 130 interrupted.',
  operands: [],
  options: reconcileOptions,
  examples: [
    'driftlab reconcile --source postgres://app@db1/shop --target postgres://app@db2/shop --tables invoices --validate-checksums',
    'driftlab reconcile --config reconcile.json --format json --output report.json',
    'driftlab reconcile --config reconcile.json --schedule --cron "*/30 * * * *" --output-dir /var/reconcile',
  ],
};

function flag(help: string): Switch {
  return { kind: 'switch', help };
}

function text(placeholder: string, help: string, otherwise?: string): ValueOption<string> {
  return { ...value(placeholder, help, otherwise), parse: (given) => given };
}

function value(placeholder: string, help: string, otherwise: string | undefined) {
  return { kind: 'value' as const, placeholder, help, ...(otherwise === undefined ? {} : { otherwise }) };
}

function list(placeholder: string, help: string, otherwise?: string): ValueOption<readonly string[]> {
  return {
    ...value(placeholder, help, otherwise),
    parse(given, option) {
      const names = split(given);
      if (names.every((name) => name !== '')) return names;
      throw badValue(option, 'names separated by commas', given);
    },
  };
}

function pairs(placeholder: string, help: string): ValueOption<Readonly<Record<string, string>>> {
  return {
    ...value(placeholder, help, undefined),
    parse(given, option) {
      const found = split(given).map((pair) =>
        /^([^=]+)=(.+)$/
          .exec(pair)
          ?.slice(1)
          .map((part) => part.trim()),
      );
      if (found.some((pair) => pair === undefined)) throw badValue(option, 'name=value, separated by commas', given);
      return Object.fromEntries(found as [string, string][]);
    },
  };
}

/** At commas, but for those inside parentheses or double quotes: `numeric(12,2)` is one type, `"a,b"` one name. */
function split(given: string): string[] {
  const parts = given.match(/(?:"[^"]*"|\([^)]*\)|[^,])+|(?<=,|^)(?=,|$)/g) ?? [''];
  return parts.map((part) => part.trim());
}

function oneOf<T extends string>(
  placeholder: string,
  words: readonly T[],
  help: string,
  otherwise: string,
): ValueOption<T> {
  return {
    ...value(placeholder, `${help}: ${words.join(', ')}`, otherwise),
    parse(given, option) {
      const word = words.find((each) => each === given.toLowerCase());
      if (word !== undefined) return word;
      throw badValue(option, `one of ${words.join(', ')}`, given);
    },
  };
}

function number(placeholder: string, help: string, min: number, max: number, otherwise?: string): ValueOption<number> {
  return {
    ...value(placeholder, help, otherwise),
    parse(given, option) {
      const parsed = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
      if (parsed >= min && parsed <= max) return parsed;
      throw badValue(option, `a number from ${min} to ${max}`, given);
    },
  };
}

function integer(placeholder: string, help: string, min: number, max: number, otherwise: string): ValueOption<number> {
  const any = number(placeholder, help, min, max, otherwise);
  return {
    ...any,
    parse(given, option) {
      if (Number.isInteger(any.parse(given, option))) return Number(given);
      throw badValue(option, `a whole number from ${min} to ${max}`, given);
    },
  };
}

function badValue(option: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-value', message: `${option} cannot be "${found}"`, expected, found });
}
