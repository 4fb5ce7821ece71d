import type { FailureMode } from '#model/scenario.ts';
import type { OptionTable, Usage } from '../arguments.ts';
import { COMMON, engine, integer, names, number, RATE, word } from '../options.ts';
import { topologyOptions } from '../topology.ts';

/** Transactions per second of the lab's writers, unless somebody says otherwise. */
export const LAB_RATE = RATE;

const upOptions = {
  seed: integer('N', 'seed of all randomness', 0, Number.MAX_SAFE_INTEGER, 'a random one'),
  rate: number('N', 'transactions per second that the writers aim at', 0.1, 100_000, String(LAB_RATE)),
  variants: names('NAMES', 'pipeline variants to run, separated by commas', 'all of the scenario'),
  source: engine('source'),
  sink: engine('sinks'),
  ...topologyOptions,
  'allow-writes': { kind: 'switch', help: 'agents at /mcp may break and repair the lab; without it they only read' },
  ...COMMON,
} as const satisfies OptionTable;

export const upUsage: Usage<typeof upOptions> = {
  command: 'up',
  summary: 'Starts the lab in the background: stack, writers, variants, verifier. Returns when it is ready.',
  operands: [],
  options: upOptions,
  examples: [
    'npx driftlab up',
    'npx driftlab up --rate 50 --seed 42',
    'npx driftlab up --variants insert,dedup',
    'npx driftlab up --source mariadb',
  ],
};

export const resetUsage: Usage<typeof upOptions> = {
  ...upUsage,
  command: 'reset',
  summary:
    'Ends the lab, removes its data, and starts it anew: with the same seed, rate, variants, engines and topology unless others are named.',
  examples: ['npx driftlab reset', 'npx driftlab reset --rate 50 --seed 42'],
};

export const daemonUsage: Usage<typeof upOptions> = { ...upUsage, command: 'lab-daemon', summary: 'The lab itself.' };

export function plainUsage(command: string, summary: string): Usage<typeof COMMON> {
  return { command, summary, operands: [], options: COMMON, examples: [`make ${command}`] };
}

const triggerOptions = {
  seconds: number('SECONDS', 'how long a fault that lasts is kept up', 0.1, 3600, '10'),
  rows: integer('N', 'how many rows a backfill writes', 1, 100_000, "the scenario's own"),
  step: word('STEP', 'another step of the mode', 'the first'),
  wait: { kind: 'switch', help: 'follow it to its verdict' },
  ...COMMON,
} as const satisfies OptionTable;

const TRIGGER_SUMMARY =
  'Injects a fault into the running lab, and says what to watch for.\n' +
  'Exit status with --wait: 0 every variant as expected, 1 not, 2 wrong usage, 3 could not be judged.';

/** Of one failure mode: its own steps stand in the help. */
export function triggerUsage({ id, title, steps }: FailureMode): Usage<typeof triggerOptions> {
  const [first, ...others] = steps.map((step) => step.id);
  const more = others.length === 0 ? 'the mode has one step' : others.join(', ');
  return {
    command: `trigger ${id}`,
    summary: `${title}. ${TRIGGER_SUMMARY}`,
    operands: [],
    options: { ...triggerOptions, step: word('STEP', more, first) },
    examples: [`npx driftlab trigger ${id}`, `npx driftlab trigger ${id} --wait`],
  };
}

/** Every failure mode that the live lab has. */
export function triggerHelp(modes: readonly FailureMode[]): string {
  const width = Math.max(0, ...modes.map(({ id }) => id.length));
  return [
    `usage: driftlab trigger MODE [--step STEP] [--seconds N] [--rows N] [--wait]\n\n${TRIGGER_SUMMARY}\n`,
    'Modes (trigger-MODE does the same; trigger MODE --help lists its steps):',
    ...modes.map(({ id, title }) => `  ${id.padEnd(width)}  ${title}`),
    `  ${'network'.padEnd(width)}  a hop of the network, by its two ends: --between source,connect`,
    `  ${'registry'.padEnd(width)}  a step of the schema registry's modes, by its name: --step emptied`,
  ].join('\n');
}

const networkOptions = {
  between: word('A,B', 'the two between which it is: source, connect, broker, consumer, sink', 'broker,consumer'),
  seconds: triggerOptions.seconds,
  step: word('STEP', 'cut, one-way (only what flows from A to B), slow or reset', 'cut'),
  wait: triggerOptions.wait,
  ...COMMON,
} as const satisfies OptionTable;

export const networkUsage: Usage<typeof networkOptions> = {
  command: 'trigger network',
  summary: TRIGGER_SUMMARY,
  operands: [],
  options: networkOptions,
  examples: [
    'npx driftlab trigger network --between source,connect',
    'npx driftlab trigger network --between consumer,sink --step reset --wait',
    'npx driftlab trigger network --between sink,consumer --step one-way --seconds 30',
  ],
};

const registryOptions = {
  seconds: triggerOptions.seconds,
  step: word('STEP', 'what the registry does', 'killed'),
  wait: triggerOptions.wait,
  ...COMMON,
} as const satisfies OptionTable;

export function registryUsage(steps: readonly string[]): Usage<typeof registryOptions> {
  return {
    command: 'trigger registry',
    summary: TRIGGER_SUMMARY,
    operands: [],
    options: { ...registryOptions, step: word('STEP', steps.join(', '), 'killed') },
    examples: [
      'npx driftlab trigger registry --wait',
      'npx driftlab trigger registry --step renumbered --wait',
      'npx driftlab trigger registry --step incompatible --seconds 30',
    ],
  };
}

const statusOptions = {
  table: word('TABLE', 'only this table'),
  variant: word('VARIANT', 'only this variant'),
  json: { kind: 'switch', help: 'the report as the lab gives it, as JSON' },
  ...COMMON,
} as const satisfies OptionTable;

export const statusUsage: Usage<typeof statusOptions> = {
  command: 'status',
  summary: 'The state of the lab: the verdict on every variant and table, and the faults so far.',
  operands: [],
  options: statusOptions,
  examples: ['npx driftlab status', 'npx driftlab status --variant dedup --table …', 'npx driftlab status --json'],
};

const logsOptions = {
  follow: { kind: 'switch', help: 'go on with what comes, until Ctrl-C' },
  lines: integer('N', 'how many lines of each', 1, 100_000, '20 of one, 10 of each of several'),
  ...COMMON,
} as const satisfies OptionTable;

export const logsUsage: Usage<typeof logsOptions> = {
  command: 'logs',
  summary: 'The end of the logs of the daemon and of every node; of one of them where it is named.',
  operands: ['name'],
  options: logsOptions,
  examples: ['npx driftlab logs', 'npx driftlab logs connect --follow'],
};

const ANY_BROKERS = word('HOSTS', 'brokers of any Kafka cluster, kafka1:9092,kafka2:9092', 'those of the live lab');

const topicsOptions = { brokers: ANY_BROKERS, ...COMMON } as const satisfies OptionTable;

export const topicsUsage: Usage<typeof topicsOptions> = {
  command: 'kafka-topics',
  summary: 'The topics: partitions, records, and the offsets of each partition.',
  operands: [],
  options: topicsOptions,
  examples: ['make kafka-topics', 'npx driftlab kafka-topics --brokers kafka:9092'],
};

const lagOptions = {
  variant: word('VARIANT', 'only the group of this variant'),
  table: word('TABLE', 'only the topic of this table'),
  brokers: ANY_BROKERS,
  group: word('GROUP', 'with --brokers: only this consumer group', 'all'),
  ...COMMON,
} as const satisfies OptionTable;

export const lagUsage: Usage<typeof lagOptions> = {
  command: 'lag',
  summary: 'Per consumer group, topic and partition: committed, end, lag in records and in time.',
  operands: [],
  options: lagOptions,
  examples: [
    'npx driftlab lag',
    'npx driftlab lag --variant dedup',
    'npx driftlab lag --brokers kafka:9092 --group connect-shop-sink',
  ],
};

const consumeOptions = {
  table: word('TABLE', 'the topic of this table', 'all tables'),
  'from-beginning': { kind: 'switch', help: 'from the oldest record, to what is there now' },
  follow: { kind: 'switch', help: 'with --from-beginning: go on with what comes, until Ctrl-C' },
  max: integer('N', 'end after so many records', 1, 1_000_000_000, 'no end'),
  raw: { kind: 'switch', help: 'key and value as they are, a tab between them' },
  brokers: ANY_BROKERS,
  registry: word('URL', 'with --brokers: the schema registry that has the schemas', 'none'),
  ...COMMON,
} as const satisfies OptionTable;

export const consumeUsage: Usage<typeof consumeOptions> = {
  command: 'kafka-consume',
  summary: 'Change events, decoded: what happened to which row, its LSN, the row before and after. Until Ctrl-C.',
  operands: ['topic'],
  options: consumeOptions,
  examples: [
    'npx driftlab kafka-consume --table …',
    'npx driftlab kafka-consume --from-beginning --max 10',
    'npx driftlab kafka-consume shop.public.invoices --brokers kafka:9092 --from-beginning',
  ],
};

const shellOptions = {
  command: word('SQL', 'run this and end'),
  builtin: { kind: 'switch', help: 'the built-in prompt, also where psql is installed' },
  variant: word('VARIANT', 'whose sink', 'the first of the lab'),
  ...COMMON,
} as const satisfies OptionTable;

export function shellUsage(command: string, summary: string): Usage<typeof shellOptions> {
  return {
    command,
    summary: `${summary}: psql where it is installed, otherwise a prompt of our own.`,
    operands: [],
    options: shellOptions,
    examples: [`make ${command}`, `npx driftlab ${command} --command "select 1"`],
  };
}
