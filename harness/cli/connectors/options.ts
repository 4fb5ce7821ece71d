// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type { OptionTable, Usage } from '../arguments.ts';
import { COMMON, integer, word } from '../options.ts';

const CONNECT = word(
  'URLS',
  "Kafka Connect's workers, http://connect:8083,…, or lab; their password as a reference, ${env:VARIABLE}",
  'lab, the live lab',
);

const SHARED = { connect: CONNECT, ...COMMON } as const satisfies OptionTable;
const LOOKING = {
  json: { kind: 'switch', help: 'print JSON' },
  ...SHARED,
} as const satisfies OptionTable;
const CHANGING = {
  'dry-run': { kind: 'switch', help: 'say what would be done, and do nothing' },
  ...SHARED,
} as const satisfies OptionTable;

/** A sink that cannot write has failed by then. */
export const WATCH_SECONDS = 10;

const AT = '--connect http://connect:8083';

function looking(command: string, operands: readonly string[], summary: string): Usage<typeof LOOKING> {
  const named = operands.map(() => 'shop-sink').join(' ');
  const example = ['driftlab', command, named, AT].filter((word) => word !== '').join(' ');
  return { command, summary, operands, options: LOOKING, examples: [example, `${example} --json`] };
}

function changing(command: string, operand: string, summary: string, example: string): Usage<typeof CHANGING> {
  return {
    ...{ command, summary, operands: [operand], options: CHANGING },
    examples: [`driftlab ${command} ${example} ${AT}`, `driftlab ${command} ${example} ${AT} --dry-run`],
  };
}

export const listUsage = looking(
  'connectors list',
  [],
  'Lists the connectors of a cluster, with the states of their tasks.',
);
export const statusUsage = looking(
  'connectors status',
  ['name'],
  'Shows a connector and its tasks, with the traces of those that failed. Exit status: 1 where anything of it has failed.',
);
export const configUsage = looking(
  'connectors config',
  ['name'],
  "Shows a connector's configuration, without its secrets.",
);

const watchOptions = {
  watch: integer('SECONDS', 'how long it has to go on running', 0, 3600, String(WATCH_SECONDS)),
  ...CHANGING,
} as const satisfies OptionTable;

const deployOptions = {
  'use-vault': {
    kind: 'switch',
    help: 'put what ${vault:secret/database/shop:password} stands for in its place here, for workers that have no provider for it: VAULT_ADDR, VAULT_TOKEN',
  },
  stopped: { kind: 'switch', help: 'leave it STOPPED: its offsets are to be set before it runs (Connect 3.7)' },
  ...watchOptions,
} as const satisfies OptionTable;

export const deployUsage: Usage<typeof deployOptions> = {
  ...changing(
    'connectors deploy',
    'file',
    'Creates the connectors of a file, or changes those that are there: what differs is shown before. Waits until they run, and\n' +
      'shows the trace where they fail. A file is what is posted to Connect, properties, or a resource of Strimzi or Confluent.',
    'shop-sink.json',
  ),
  options: deployOptions,
};
const addTableOptions = {
  'source-connector': word('NAME', 'the source connector', 'the only one of the cluster'),
  'sink-connector': word('NAMES', 'the JDBC sink connectors', 'the one that reads from the source'),
  'sink-connect': word('URLS', "the workers of the sink connector, where they are others than the source's"),
  source: word('URL', "the source's database, where the connector's configuration hides its password"),
  target: word('URL', "the sink's database, likewise"),
  topic: word('NAME', 'the topic of the table, where transforms of the source make its name'),
  'create-signal-table': {
    kind: 'switch',
    help: 'make the signal table that the connector lacks (public.debezium_signal), and have it read that',
  },
  ...watchOptions,
} as const satisfies OptionTable;

export const addTableUsage: Usage<typeof addTableOptions> = {
  command: 'connectors add-table',
  summary:
    'Has a Debezium connector for PostgreSQL and its JDBC sink connectors carry one more table, under writes: include list, publication,\n' +
    'target table, the rows that are there by an incremental snapshot, and the topics of the sinks. Run again, it goes on where it is.',
  operands: ['table'],
  options: addTableOptions,
  examples: [
    `driftlab connectors add-table public.invoices ${AT} --dry-run`,
    `driftlab connectors add-table public.invoices --source-connector shop-source --sink-connector shop-sink ${AT}`,
  ],
};
export const deleteUsage = changing(
  'connectors delete',
  'name',
  'Deletes a connector. Its topics, its consumer group and its replication slot stay.',
  'shop-sink',
);
export const pauseUsage = changing('connectors pause', 'name', 'Pauses a connector.', 'shop-sink');
export const stopUsage = changing(
  'connectors stop',
  'name',
  'Stops a connector: it commits where it is, and has no tasks until it is resumed.',
  'shop-source',
);
export const resumeUsage = changing('connectors resume', 'name', 'Has a paused or stopped connector run.', 'shop-sink');

const restartOptions = {
  task: integer('N', 'one task alone', 0, 10_000, 'the connector and all of its tasks'),
  ...CHANGING,
} as const satisfies OptionTable;

export const restartUsage: Usage<typeof restartOptions> = {
  ...changing('connectors restart', 'name', 'Has a connector begin anew, or one of its tasks.', 'shop-sink'),
  options: restartOptions,
  examples: [`driftlab connectors restart shop-sink ${AT}`, `driftlab connectors restart shop-sink --task 0 ${AT}`],
};

const scaleOptions = {
  tasks: integer('N', 'how many tasks it may have (tasks.max)', 1, 10_000, ''),
  brokers: word('HOSTS', "Kafka's brokers, by which a sink's partitions are counted", "the live lab's"),
  ...watchOptions,
} as const satisfies OptionTable;

export const scaleUsage: Usage<typeof scaleOptions> = {
  command: 'connectors scale',
  summary: 'Changes how many tasks a connector may have; says where more of them have nothing to do.',
  operands: ['name'],
  options: scaleOptions,
  examples: [`driftlab connectors scale shop-sink --tasks 3 ${AT}`],
};

const fileOptions = {
  file: word('FILE', 'the file of the offsets'),
  ...CHANGING,
} as const satisfies OptionTable;

const exportOptions = {
  stop: {
    kind: 'switch',
    help: 'stop it meanwhile, so that it has committed all that it has done; it runs again afterwards',
  },
  ...fileOptions,
} as const satisfies OptionTable;

export const exportUsage: Usage<typeof exportOptions> = {
  command: 'connectors offsets export',
  summary: 'Writes down where a connector is, in a file that must not be there yet.',
  operands: ['name'],
  options: exportOptions,
  examples: [`driftlab connectors offsets export shop-source --file offsets.json ${AT}`],
};
const importOptions = {
  source: word('URL', "a source's database, where the connector's configuration hides its password"),
  brokers: word('HOSTS', "Kafka's brokers, by which a sink's offsets are held against its topics", "the live lab's"),
  ...fileOptions,
} as const satisfies OptionTable;

export const importUsage: Usage<typeof importOptions> = {
  command: 'connectors offsets import',
  summary:
    'Sets where a connector is, as a file has it. It is stopped for that, and runs again afterwards where it did. Refuses offsets\n' +
    'with which rows would be lost.',
  operands: ['name'],
  options: importOptions,
  examples: [`driftlab connectors offsets import shop-source --file offsets.json ${AT}`],
};
export const resetUsage = changing(
  'connectors offsets reset',
  'name',
  'Has a connector forget where it was: a source begins anew, a sink with what its topics still have. It is stopped for that.',
  'shop-source',
);
