// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { JOBS } from '#manager/desk.ts';
import { MANAGER_PORT } from '#manager/http/server.ts';
import type { OptionTable, Usage } from '../arguments.ts';
import { COMMON, FIXING, integer, word } from '../options.ts';

const STATE_DEFAULT = 'DRIFTLAB_STATE_URL, or one that is kept here';

/** Options of every verb. */
const STATE = {
  state: word('URL', 'the PostgreSQL database in which pipelines are kept', STATE_DEFAULT),
  ...COMMON,
} as const satisfies OptionTable;

const JSON_SWITCH = { json: { kind: 'switch', help: 'print JSON' } } as const satisfies OptionTable;

const createOptions = {
  source: word('URL', 'the source database; its password as a reference, ${env:VARIABLE}; or lab:source, the live lab'),
  target: word('URL', 'the target database, likewise, lab:sink/DATABASE, or a bucket: s3://bucket/prefix'),
  'use-vault': {
    kind: 'switch',
    help: 'take databases that are named, --source shop, from secret/database/shop of Vault: VAULT_ADDR, VAULT_TOKEN',
  },
  tables: word('A,B', 'tables of the source'),
  mode: word('MODE', 'full_load_only, full_load_and_cdc or cdc_only', 'full_load_and_cdc'),
  'on-existing': word('WHAT', "what happens to a target's table that holds rows: fail, truncate or append", 'fail'),
  connect: word(
    'URLS',
    "Kafka Connect's workers, http://connect:8083, or lab; with CDC",
    "lab, with a source or a target of the lab's",
  ),
  'sink-connect': word('URLS', 'those that run the sink connector', '--connect'),
  'source-connect-password': word(
    'REFERENCE',
    "what stands for the source's password at the workers: ${file:/etc/kafka/shop.properties:password}",
    'the password',
  ),
  'target-connect-password': word('REFERENCE', "likewise, for the target's", 'the password'),
  sink: word(
    'SINK',
    'what writes changes into a database: jdbc, the JDBC sink connector, or applier, the built-in one, as long as start runs',
    'jdbc',
  ),
  brokers: word('HOSTS', "Kafka's brokers, host:9092,…, or lab; with CDC", 'lab, with its workers'),
  endpoint: word('URL', 'the store of the bucket, http://host:port', "Amazon's"),
  region: word('NAME', "the bucket's region", 'AWS_REGION'),
  format: word('FORMAT', 'what the objects are: jsonl or parquet', 'jsonl'),
  every: word('TIME', 'with a bucket: load all again this often, 30m, 1h, 1d, as long as start runs'),
  cron: word('TIMES', 'with a bucket: load all again at these times, "0 3 * * *"'),
  flush: word('TIME', 'with a bucket and CDC: gather changes this long at most before they are written', '1m'),
  file: word('FILE', 'a YAML file with these as its properties'),
  ...STATE,
} as const satisfies OptionTable;

export const createUsage: Usage<typeof createOptions> = {
  command: 'pipeline create',
  summary: 'Creates a pipeline. Nothing is done at its source or target before it is started.',
  operands: ['name'],
  options: createOptions,
  examples: [
    "driftlab pipeline create shop --source 'postgres://app:${env:SHOP_PASSWORD}@db1/shop' --target 'postgres://app:${env:COPY_PASSWORD}@db2/shop' --tables invoices,items --mode full_load_only",
    'driftlab pipeline create shop --source lab:source --target lab:sink/copy --tables invoices,items',
    'driftlab pipeline create --file shop.yaml',
  ],
};

const startOptions = {
  'on-existing': word('WHAT', "what happens to a target's table that holds rows, from now on", 'as it was created'),
  jobs: integer('N', 'connections to each end that a full load uses at once', 1, 64, String(JOBS)),
  ...STATE,
} as const satisfies OptionTable;

export const startUsage: Usage<typeof startOptions> = {
  command: 'pipeline start',
  summary:
    'Starts a pipeline, or goes on where an earlier start was ended: its tables, its full load, its connectors.\n' +
    'Exit status: 0 it is up, 1 a step failed, 2 wrong usage, 130 interrupted.',
  operands: ['name'],
  options: startOptions,
  examples: ['driftlab pipeline start shop', 'driftlab pipeline start shop --on-existing truncate --jobs 8'],
};

const lookOptions = { ...JSON_SWITCH, ...STATE } as const satisfies OptionTable;

export const listUsage: Usage<typeof lookOptions> = {
  command: 'pipeline list',
  summary: 'Lists the pipelines with their statuses.',
  operands: [],
  options: lookOptions,
  examples: ['driftlab pipeline list', 'driftlab pipeline list --json'],
};

export const showUsage: Usage<typeof lookOptions> = {
  command: 'pipeline show',
  summary: 'Shows a pipeline: what it was created as, its statuses, its last error, and how far its full load is.',
  operands: ['name'],
  options: lookOptions,
  examples: ['driftlab pipeline show shop'],
};

export const statusUsage: Usage<typeof lookOptions> = {
  command: 'pipeline status',
  summary:
    "Asks a pipeline's connectors how they are, keeps what they say, and shows the pipeline.\n" +
    'Exit status: 0, or 1 where its status is ERROR.',
  operands: ['name'],
  options: lookOptions,
  examples: ['driftlab pipeline status shop'],
};

const diagnoseOptions = { ...FIXING, ...lookOptions } as const satisfies OptionTable;

export const diagnoseUsage: Usage<typeof diagnoseOptions> = {
  command: 'pipeline diagnose',
  summary:
    'Says why a pipeline does not come up: first cause first, with its evidence and its fix. Changes nothing, unless --fix asks\n' +
    'first and is answered yes.\n' +
    'Exit status: 0 nothing wrong was found, 1 causes, 2 wrong usage, 130 interrupted.',
  operands: ['name'],
  options: diagnoseOptions,
  examples: [
    'driftlab pipeline diagnose shop',
    'driftlab pipeline diagnose shop --json',
    'driftlab pipeline diagnose shop --fix',
  ],
};

export const stopUsage: Usage<typeof STATE> = {
  command: 'pipeline stop',
  summary: 'Stops the connectors of a pipeline; start goes on where they were.',
  operands: ['name'],
  options: STATE,
  examples: ['driftlab pipeline stop shop'],
};

const deleteOptions = {
  forget: { kind: 'switch', help: 'take it out of the state alone, and leave what is at servers that may not answer' },
  ...STATE,
} as const satisfies OptionTable;

export const deleteUsage: Usage<typeof deleteOptions> = {
  command: 'pipeline delete',
  summary:
    "Deletes a pipeline, and what bears its mark: connectors, topics, slot, publication. Its target's tables and their rows stay.",
  operands: ['name'],
  options: deleteOptions,
  examples: ['driftlab pipeline delete shop'],
};

const serveOptions = {
  port: integer('PORT', 'the port on 127.0.0.1', 1, 65_535, String(MANAGER_PORT)),
  ...STATE,
} as const satisfies OptionTable;

export const serveUsage: Usage<typeof serveOptions> = {
  command: 'pipeline serve',
  summary:
    'Serves the pipelines over HTTP, and notes what connectors say that fail later. Runs until it is interrupted.\n' +
    'Exit status: 2 wrong usage or a port that is taken, 130 interrupted.',
  operands: [],
  options: serveOptions,
  examples: ['driftlab pipeline serve', 'driftlab pipeline serve --port 8010 --state postgres://app@db0/driftlab'],
};
