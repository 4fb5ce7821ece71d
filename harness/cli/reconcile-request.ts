import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Here } from '#manager/here.ts';
import { isLabPlace } from '#manager/lab-names.ts';
import { labUrlToRead } from '#manager/lab-servers.ts';
import { addressInVault } from '#manager/references.ts';
import { environmentProvider, type GivenConnection, type SideName } from '#reconcile/credentials.ts';
import type { ReconcileRequest, TableRequest } from '#reconcile/request.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { shown } from '#std/shown.ts';
import { type OptionValues, unknownName, usageError } from './arguments.ts';
import { addressesFrom } from './reconcile-addresses.ts';
import { reconcileOptions, reconcileUsage } from './reconcile-options.ts';

type Options = OptionValues<typeof reconcileOptions>;
type Name = keyof typeof reconcileOptions;

/** Options of one table, in the config file's words. */
const TABLE_WORDS = [
  'source',
  'target',
  'key',
  'columns',
  'exclude_columns',
  'where',
  'target_where',
  'map_columns',
  'map_types',
];

export interface ReconcileSettings {
  readonly options: Options;
  readonly request: Omit<ReconcileRequest, 'sourceUrl' | 'targetUrl'>;
  /** The databases' URLs with what their references stand for now. Throws an OperatorError for one that stands for nothing. */
  readonly urls: ReturnType<typeof addressesFrom>;
}

/** Command line over config file over environment, `here`. Throws an OperatorError (exit 2) for what cannot be meant. */
export function reconcileSettings(given: Options, here: Here, cwd: string): ReconcileSettings {
  const config = given.config === undefined ? {} : readConfig(resolve(cwd, given.config));
  const { tables: configured, ...rest } = config;
  if (configured !== undefined && !Array.isArray(configured))
    throw badConfig('tables is a list of names, or of objects with source and target', configured);
  const options: Options = { ...given, ...optionsOf(rest), ...defined(given) };
  checkCombinations(options);
  const tables = tablesOf(options, configured ?? []);
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(cwd, file));
  const repairFile = path(options['repair-sql']);
  const providers = [optionProvider(options, path, here), environmentProvider(here.env)];
  return {
    options,
    request: {
      tables,
      validateChecksums: options['validate-checksums'],
      ignoredPrefixes: ignoredPrefixes(options['ignore-cdc-columns']),
      settleMs: (options.settle ?? 10) * 1000,
      jobs: options.jobs ?? 2,
      details: options.details ?? 10,
      hashing: options.hash ?? 'auto',
      ...(repairFile === undefined ? {} : { repairFile }),
    },
    urls: addressesFrom(providers, here),
  };
}

function defined(options: Options): Partial<Options> {
  // A switch that is not given is false, which must not undo one of the config file.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== false));
}

function optionProvider(options: Options, path: (file: string | undefined) => string | undefined, here: Here) {
  return {
    name: 'options',
    provide(side: SideName): GivenConnection {
      const given = options[side];
      const of = (part: string) => options[`${side}-${part}` as Name] as string | undefined;
      const host = side === 'source' ? options['source-server'] : options['target-host'];
      const inVault = options['use-vault'] && host === undefined;
      const url = inVault ? addressInVault(side, given ?? of('database')) : given;
      return {
        url: url !== undefined && isLabPlace(url) ? labUrlToRead(side, url, here) : url,
        host,
        // Without an address it names the secret.
        database: inVault && given === undefined ? undefined : of('database'),
        username: of('username'),
        password: of('password'),
        passwordFile: path(of('password-file')),
      };
    },
  };
}

function ignoredPrefixes(given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return ['_cdc_'];
  return given.length === 1 && given[0] === 'none' ? [] : given;
}

function checkCombinations(options: Options): void {
  const wrong = (message: string) => usageError(reconcileUsage, message);
  if (options.columns !== undefined && options['exclude-columns'] !== undefined) {
    throw wrong('--columns and --exclude-columns cannot both be given');
  }
  if (options['repair-sql'] !== undefined && !options['validate-checksums']) {
    throw wrong('--repair-sql needs --validate-checksums: counts do not say which rows differ');
  }
  const timed = options.interval !== undefined || options.cron !== undefined;
  if (!options.schedule && timed) throw wrong('--interval and --cron go with --schedule');
  if (!options.schedule) return;
  if ((options.interval === undefined) === (options.cron === undefined)) {
    throw wrong('--schedule needs one of --interval and --cron');
  }
  if (options['output-dir'] === undefined)
    throw wrong('--schedule needs --output-dir, where each run leaves its report');
}

function tablesOf(options: Options, configured: readonly unknown[]): TableRequest[] {
  const named = namedTables(options);
  if (named.length > 0 && configured.length > 0 && options.config !== undefined) {
    throw usageError(reconcileUsage, 'tables are named both in the config file and on the command line');
  }
  const shared = {
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    ...(options.where === undefined ? {} : { where: options.where }),
    excludeColumns: options['exclude-columns'] ?? [],
    mapColumns: options['map-columns'] ?? {},
    mapTypes: options['map-types'] ?? {},
  };
  const tables = [
    ...named.map(([source, target]) => ({ ...shared, source, target })),
    ...configured.map((entry) => ({ ...shared, ...configuredTable(entry) })),
  ];
  if (tables.length === 0) {
    throw usageError(reconcileUsage, 'which tables? --tables A,B or --source-table A --target-table B');
  }
  return tables;
}

function namedTables(options: Options): (readonly [source: string, target: string])[] {
  const single = options['source-table'];
  const source = options['source-tables'] ?? (single === undefined ? [] : [single]);
  const one = options['target-table'];
  const target = options['target-tables'] ?? (one === undefined ? [] : [one]);
  if (source.length !== target.length) {
    throw new OperatorError({
      code: 'unpaired-tables',
      message: 'each table of the source needs one of the target',
      expected: `${source.length} of the target, in the same order`,
      found: `${target.length}`,
      hint: '--tables A,B where the names agree',
    });
  }
  return [
    ...(options.tables ?? []).map((name) => [name, name] as const),
    ...source.map((name, n) => [name, target[n] ?? name] as const),
  ];
}

function configuredTable(entry: unknown): Partial<TableRequest> & Pick<TableRequest, 'source' | 'target'> {
  if (typeof entry === 'string') return { source: entry, target: entry };
  if (typeof entry !== 'object' || entry === null)
    throw badConfig('a table is a name, or an object with source and target', entry);
  for (const word of Object.keys(entry)) {
    if (!TABLE_WORDS.includes(word)) throw unknownName('option of a table', word, TABLE_WORDS);
  }
  const { source, target, key, columns, exclude_columns, where, target_where, map_columns, map_types } =
    entry as Record<string, unknown>;
  if (typeof source !== 'string') throw badConfig('a table has a source', entry);
  return {
    source,
    target: target === undefined ? source : word(target, 'target'),
    ...(key === undefined ? {} : { key: words(key, 'key') }),
    ...(columns === undefined ? {} : { columns: words(columns, 'columns') }),
    ...(exclude_columns === undefined ? {} : { excludeColumns: words(exclude_columns, 'exclude_columns') }),
    ...(where === undefined ? {} : { where: word(where, 'where') }),
    ...(target_where === undefined ? {} : { whereTarget: word(target_where, 'target_where') }),
    ...(map_columns === undefined ? {} : { mapColumns: wordMap(map_columns, 'map_columns') }),
    ...(map_types === undefined ? {} : { mapTypes: wordMap(map_types, 'map_types') }),
  };
}

function word(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw badConfig(`${name} is a text`, value);
}

function words(value: unknown, name: string): string[] {
  if (Array.isArray(value)) return value.map((each) => word(each, name));
  throw badConfig(`${name} is a list of texts`, value);
}

function wordMap(value: unknown, name: string): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badConfig(`${name} is an object of texts`, value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, word(each, name)]));
}

function badConfig(expected: string, found: unknown): OperatorError {
  return new OperatorError({
    code: 'bad-config',
    message: 'the config file has a wrong value',
    expected,
    found: shown(found),
  });
}

function readConfig(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OperatorError({
      code: 'bad-config',
      message: `cannot read the config file ${path}`,
      found: messageOf(error),
      expected: 'JSON',
      cause: error,
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw badConfig('an object', parsed);
}

/** The config file's values, read by the same rules as the command line's. */
function optionsOf(config: Readonly<Record<string, unknown>>): Partial<Options> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const name = key.replaceAll('_', '-');
    const option = Object.hasOwn(reconcileOptions, name) ? reconcileOptions[name as Name] : undefined;
    if (option === undefined) throw unknownName('option', key, Object.keys(reconcileOptions));
    if (option.kind === 'switch') {
      if (typeof value !== 'boolean') throw badConfig(`${key} is true or false`, value);
      values[name] = value;
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) values[name] = wordMap(value, key);
    else values[name] = option.parse(Array.isArray(value) ? value.join(',') : String(value), key);
  }
  return values as Partial<Options>;
}
