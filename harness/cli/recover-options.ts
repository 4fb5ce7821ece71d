// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type { OptionTable, Usage } from './arguments.ts';
import { COMMON, integer, word } from './options.ts';

const recoverOptions = {
  apply: { kind: 'switch', help: 'do it; without it each step is looked at, and nothing is done' },
  'accept-loss': { kind: 'switch', help: 'do steps that give something up for good, too' },
  source: word('URL', 'the source database, as pipeline create takes it'),
  target: word('URL', 'the target database'),
  tables: word('A,B', "tables, as the source names them; A=B where the target's has another name"),
  connect: word('URLS', 'workers of Kafka Connect, http://connect:8083,…'),
  'sink-connect': word('URLS', 'those of the sink connector, where they are others', '--connect'),
  'source-connector': word('NAME', 'the connector that reads the source'),
  'sink-connector': word('NAME', 'the connector that writes the target'),
  brokers: word('HOSTS', "Kafka's brokers"),
  skip: {
    kind: 'switch',
    help: 'of a lag: go on at the end of the topics (gives up what was not read), and repair the rows',
  },
  'business-time': word('COLUMN', 'of a backfill: when it happened', 'created_at'),
  'arrival-time': word('COLUMN', 'of a backfill: when it arrived at the target', '_cdc_received'),
  'late-days': integer('N', 'of a backfill: how much later is late', 0, 36_500, '7'),
  settle: integer('SECONDS', 'how long rows that differ are looked at again before they count', 0, 3600, '10'),
  json: { kind: 'switch', help: 'print the steps as JSON, once all are over' },
  ...COMMON,
} as const satisfies OptionTable;

export const recoverUsage: Usage<typeof recoverOptions> = {
  command: 'recover',
  summary:
    'Brings a pipeline back: restart, lag, schema, duplicate or backfill. Each step looks before, is done, and looks again; in the end both\n' +
    'sides are compared. Without --apply it prints the commands and statements, and does none of them.\n' +
    'Exit status: 0 PASS, or nothing was to be done, 1 not, 2 wrong usage, 130 interrupted.',
  operands: ['recovery'],
  options: recoverOptions,
  examples: [
    "driftlab recover schema --source 'postgres://app:${env:SOURCE_PASSWORD}@db1/shop' --target 'postgres://app:${env:TARGET_PASSWORD}@db2/copy' --tables invoices",
    'driftlab recover restart --connect http://connect:8083 --sink-connector shop-sink --brokers kafka:9092 --apply',
  ],
};
