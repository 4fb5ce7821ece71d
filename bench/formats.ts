// Applying the same changes from Avro and from JSON with schemas by the built-in applier, turn about, in one session.
// npm run bench formats -- [--events N] [--repeat N] …
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer, names } from '#cli/options.ts';
import type { Stack } from '#model/stack.ts';
import { jsonConverters } from '#runtimes/embedded/converters.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { bootStack } from '#runtimes/embedded/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { type Contestant, measure, type Outcome } from './apply/contestants.ts';
import { fillTopic, type Topic } from './apply/topic.ts';
import { contentsOf } from './common/contents.ts';
import { print, runProgram } from './common/program.ts';
import { median, spread } from './common/statistics.ts';

const EVENTS = 500_000;
const REPEAT = 3;
/** Events/s from Avro against events/s from JSON with schemas. */
const TARGET = 1.3;
const MODES = ['upsert', 'dedup'] as const satisfies readonly Contestant[];
type Mode = (typeof MODES)[number];
const FORMATS = ['json', 'avro'] as const;
type Format = (typeof FORMATS)[number];

const options = {
  events: integer('N', 'changes in each topic', 100, 100_000_000, String(EVENTS)),
  repeat: integer('N', 'turns of each', 1, 1000, String(REPEAT)),
  only: names('NAMES', `the applier's modes: ${MODES.join(', ')}`, 'all'),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench formats',
  summary: 'Measures the applier on Avro and on JSON. Exit status: 0 the target met, 1 missed, 2 wrong usage.',
  operands: [],
  options,
  examples: ['npm run bench formats', 'npm run bench formats -- --events 50000 --repeat 1 --only upsert'],
};

type Topics = Readonly<Record<Format, Topic>>;
type Outcomes = Readonly<Record<Format, Outcome[]>>;

/** The same changes twice: the stack's workers write Avro, and the connector of the other topic JSON. */
async function fillBoth(stack: Stack, name: string, events: number, signal: AbortSignal): Promise<Topics> {
  const config = Object.fromEntries(
    Object.entries(jsonConverters('json')).map(([property, value]) => [property, String(value)]),
  );
  const filling = { events, deletes: 'scattered', signal } as const;
  return {
    json: await fillTopic(stack, `${name}_json`, { ...filling, config }),
    avro: await fillTopic(stack, `${name}_avro`, { ...filling, config: { 'schema.name.adjustment.mode': 'avro' } }),
  };
}

async function rounds(stack: Stack, topics: Topics, mode: Mode, repeat: number, signal: AbortSignal) {
  const outcomes: Outcomes = { json: [], avro: [] };
  for (let round = 0; round < repeat; round++)
    // Turn about, so that none always follows the other.
    for (const format of round % 2 === 0 ? FORMATS : FORMATS.toReversed()) {
      const topic = topics[format];
      const name = `bench_${mode}_${topic.table.name}_${round}`;
      const outcome = await measure({ stack, topic, contestant: mode, name, maxInFlightBytes: undefined, signal });
      outcomes[format].push(outcome);
      const [rate, cpu] = [rateOf(topic, outcome), (outcome.used.cpuMs ?? 0) / 1000];
      print(
        `  ${mode.padEnd(8)} ${format}  ${(outcome.ms / 1000).toFixed(2)} s, ${rate} events/s, ${cpu.toFixed(1)} CPU s`,
      );
      const expected = await contentsOf(topic.source, topic.table);
      if (outcome.contents !== expected)
        throw new Error(`${mode} on ${format} left ${outcome.contents} where the source has ${expected}`);
    }
  return outcomes;
}

function rateOf({ events }: Topic, { ms }: Outcome): number {
  return Math.round(events / (ms / 1000));
}

/** Whether the target was met. */
function report(topics: Topics, mode: Mode, { json, avro }: Outcomes): boolean {
  // From the same round each: what else the machine does changes from round to round.
  const ratios = avro.flatMap(({ ms }, round) => (json[round] === undefined ? [] : [json[round].ms / ms]));
  const ratio = median(ratios) ?? 0;
  for (const format of FORMATS) {
    const all = format === 'json' ? json : avro;
    const rates = all.map((outcome) => rateOf(topics[format], outcome));
    const cpu = (median(all.flatMap(({ used }) => used.cpuMs ?? [])) ?? 0) / 1000;
    print(
      `  ${mode.padEnd(8)} ${format}  median ${median(rates)?.toFixed(0)} events/s (${spread(rates, 0)}), ${cpu.toFixed(1)} CPU s`,
    );
  }
  const met = ratio >= TARGET;
  print(
    `  ${met ? 'met   ' : 'MISSED'}  ${mode}: Avro ${ratio.toFixed(2)} × JSON (${spread(ratios, 2)}; at least ${TARGET} ×)`,
  );
  return met;
}

function modesOf(only: readonly string[] | undefined): readonly Mode[] {
  const known: readonly string[] = MODES;
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown === undefined) return MODES.filter((mode) => only?.includes(mode) ?? true);
  throw new OperatorError({
    code: 'wrong-value',
    message: `--only cannot be "${unknown}"`,
    expected: MODES.join(', '),
    found: unknown,
  });
}

interface Asked {
  readonly events?: number | undefined;
  readonly repeat?: number | undefined;
  readonly only?: readonly string[] | undefined;
}

async function main({ events = EVENTS, repeat = REPEAT, only }: Asked, signal: AbortSignal): Promise<number> {
  const modes = modesOf(only);
  sweep();
  await using stack = await bootStack({ signal, format: 'avro' }, 'plain');
  const warm = await fillBoth(stack, 'warm', Math.ceil(events / 10), signal);
  const topics = await fillBoth(stack, 'orders', events, signal);
  print(`${events} events a topic`);
  // The source side has done its part; it must not take the processors from those who are measured.
  for (const node of ['connect', 'connect-sink']) await stack.nodes.get(node)?.stop();
  print('warm-up, a tenth of the events:');
  for (const mode of modes) await rounds(stack, warm, mode, 1, signal);
  print('measured:');
  const all: [Mode, Outcomes][] = [];
  for (const mode of modes) all.push([mode, await rounds(stack, topics, mode, repeat, signal)]);
  print('');
  const met = all.map(([mode, outcomes]) => report(topics, mode, outcomes));
  await Promise.all([...Object.values(warm), ...Object.values(topics)].map(({ source }) => source.close()));
  return met.every(Boolean) ? 0 : 1;
}

await runProgram(async (signal) => {
  const { options: values } = parseArguments(usage, process.argv.slice(2));
  if (!values.help) return main(values, signal);
  print(helpOf(usage));
  return 0;
});
