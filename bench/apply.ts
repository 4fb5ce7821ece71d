// Applying one topic of Debezium's events to a fresh sink: the built-in applier against Debezium's JDBC sink connector, one
// task each, turn about, in one session. npm run bench apply -- [--events N] [--repeat N] …
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer, maxInFlightBytes, names } from '#cli/options.ts';
import type { Stack } from '#model/stack.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { bootStack } from '#runtimes/embedded/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { CONTESTANTS, type Contestant, measure, type Outcome } from './apply/contestants.ts';
import { type Deletes, fillTopic, type Topic } from './apply/topic.ts';
import { contentsOf } from './common/contents.ts';
import { print, runProgram } from './common/program.ts';
import { median, spread } from './common/statistics.ts';

const EVENTS = 500_000;
const REPEAT = 3;
/** Against the JDBC sink connector, in events/s. */
const TARGETS = { upsert: 5, dedup: 4 } as const;

const options = {
  events: integer('N', 'changes in the topic', 100, 100_000_000, String(EVENTS)),
  repeat: integer('N', 'turns of each contestant', 1, 1000, String(REPEAT)),
  only: names('NAMES', `contestants: ${CONTESTANTS.join(', ')}`, 'all'),
  deletes: names('KIND', 'deletes stand scattered among the other changes, or purged: 25 in a row', 'scattered'),
  'max-in-flight-bytes': maxInFlightBytes(),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench apply',
  summary: 'Measures appliers side by side. Exit status: 0 all targets met, 1 a target missed, 2 wrong usage.',
  operands: [],
  options,
  examples: ['npm run bench apply', 'npm run bench apply -- --events 50000 --repeat 1'],
};

interface Plan {
  readonly events: number;
  readonly repeat: number;
  readonly contestants: readonly Contestant[];
  readonly deletes: Deletes;
  readonly maxInFlightBytes: number | undefined;
}

function planOf(values: ReturnType<typeof parseArguments<typeof options>>['options']): Plan {
  const known: readonly string[] = CONTESTANTS;
  const unknown = values.only?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong('--only', known.join(', '), unknown);
  const deletes = values.deletes?.join() ?? 'scattered';
  if (deletes !== 'scattered' && deletes !== 'purged') throw wrong('--deletes', 'scattered or purged', deletes);
  return {
    events: values.events ?? EVENTS,
    repeat: values.repeat ?? REPEAT,
    contestants: CONTESTANTS.filter((name) => values.only?.includes(name) ?? true),
    deletes,
    maxInFlightBytes: values['max-in-flight-bytes'],
  };
}

function wrong(option: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-value', message: `${option} cannot be "${found}"`, expected, found });
}

type Outcomes = ReadonlyMap<Contestant, Outcome[]>;

async function rounds(stack: Stack, topic: Topic, plan: Plan, signal: AbortSignal): Promise<Outcomes> {
  const outcomes = new Map(plan.contestants.map((contestant) => [contestant, [] as Outcome[]]));
  const expected = await contentsOf(topic.source, topic.table);
  for (let round = 0; round < plan.repeat; round++) {
    // Turn about, so that none always follows the same other.
    for (const contestant of round % 2 === 0 ? plan.contestants : plan.contestants.toReversed()) {
      const name = `bench_${contestant.replaceAll('-', '_')}_${topic.table.name}_${round}`;
      const { maxInFlightBytes } = plan;
      const outcome = await measure({ stack, topic, contestant, name, maxInFlightBytes, signal });
      outcomes.get(contestant)?.push(outcome);
      const rate = Math.round(topic.events / (outcome.ms / 1000));
      print(`  ${contestant.padEnd(22)} ${(outcome.ms / 1000).toFixed(2)} s, ${rate} events/s`);
      if (outcome.contents !== expected)
        throw new Error(`${contestant} left ${outcome.contents} where the source has ${expected}`);
    }
  }
  print(`  every sink equals the source: ${expected.split(' ')[0]} rows`);
  return outcomes;
}

/** Events/s against the connector's, from the same round each: what else the machine does changes from round to round. */
function ratios(outcomes: Outcomes, contestant: Contestant): number[] {
  const peer = outcomes.get('debezium-jdbc') ?? [];
  return (outcomes.get(contestant) ?? []).flatMap(({ ms }, round) => {
    const other = peer[round];
    return other === undefined ? [] : [other.ms / ms];
  });
}

/** Whether all targets were met. */
function report(outcomes: Outcomes, topic: Topic): boolean {
  print(
    `\n${topic.events} events         median events/s   from – to           × JDBC (from – to)      CPU s   peak MB`,
  );
  for (const [contestant, all] of outcomes) {
    const rates = all.map(({ ms }) => topic.events / (ms / 1000));
    const ratio = ratios(outcomes, contestant);
    const cpu = median(all.flatMap(({ used }) => used.cpuMs ?? []));
    const memory = all.flatMap(({ used }) => used.rssMb ?? []);
    const cells = [
      `  ${contestant.padEnd(22)}`,
      (median(rates) ?? 0).toFixed(0).padStart(13),
      spread(rates, 0).padEnd(16),
      (ratio.length === 0 ? '' : `${median(ratio)?.toFixed(2)} (${spread(ratio, 2)})`).padEnd(20),
      (cpu === undefined ? '' : (cpu / 1000).toFixed(1)).padStart(7),
      (memory.length === 0 ? '' : Math.max(...memory).toFixed(0)).padStart(7),
    ];
    print(cells.join('   '));
  }
  let met = true;
  for (const [contestant, least] of Object.entries(TARGETS)) {
    const ratio = median(ratios(outcomes, contestant as Contestant));
    if (ratio === undefined) continue;
    met &&= ratio >= least;
    print(
      `  ${ratio >= least ? 'met   ' : 'MISSED'}  ${contestant}: ${ratio.toFixed(2)} × the connector (at least ${least} ×)`,
    );
  }
  return met;
}

async function main(plan: Plan, signal: AbortSignal): Promise<number> {
  sweep();
  // Kafka's own JVM flags: the lab's save start-up time at the cost of speed, which would be unfair to the connector.
  await using stack = await bootStack({ signal }, 'plain');
  const { deletes } = plan;
  const began = performance.now();
  const warm = await fillTopic(stack, 'warm', { events: Math.ceil(plan.events / 10), deletes, signal });
  const topic = await fillTopic(stack, 'orders', { events: plan.events, deletes, signal });
  print(
    `${topic.events} events, ${topic.records} records with tombstones, deletes ${deletes}; captured by Debezium in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  // The source side has done its part; it must not take the processors from those who are measured.
  await stack.nodes.get('connect')?.stop();
  print('warm-up, a tenth of the events:');
  await rounds(stack, warm, { ...plan, repeat: 1 }, signal);
  print('measured:');
  const outcomes = await rounds(stack, topic, plan, signal);
  const met = report(outcomes, topic);
  await Promise.all([warm.source.close(), topic.source.close()]);
  return met ? 0 : 1;
}

await runProgram(async (signal) => {
  const { options: values } = parseArguments(usage, process.argv.slice(2));
  if (!values.help) return main(planOf(values), signal);
  print(helpOf(usage));
  return 0;
});
