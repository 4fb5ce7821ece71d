import { openHere } from '#manager/here.ts';
import { type Contents, letterDecoder } from '#operations/dead-letters/decode-letter.ts';
import { explainFailure } from '#operations/dead-letters/explain.ts';
import type { DeadLetter } from '#operations/dead-letters/letter.ts';
import { listQueues } from '#operations/dead-letters/list-queues.ts';
import { planReplay, type ReadLetter } from '#operations/dead-letters/plan-replay.ts';
import { readQueue } from '#operations/dead-letters/read-queue.ts';
import { registryOf } from '#operations/dead-letters/registry.ts';
import { replay } from '#operations/dead-letters/replay.ts';
import { isSelected } from '#operations/dead-letters/select.ts';
import { createTally } from '#operations/dead-letters/tally.ts';
import { plural } from '#report/words.ts';
import { OperatorError } from '#std/errors.ts';
import {
  helpOf,
  type OptionTable,
  type ParsedArguments,
  parseArguments,
  type Usage,
  usageError,
} from '../arguments.ts';
import type { Host } from '../host.ts';
import { interruptible } from '../interrupt.ts';
import { labAddresses } from '../lab/kafka.ts';
import { asksForHelp, runVerb, type Verb, type VerbsOptions, writeVerbs } from '../verbs.ts';
import { type Cluster, type ClusterOptions, openCluster } from './cluster.ts';
import { countUsage, LIMIT, listUsage, replayUsage, showUsage, type WhichOptions } from './options.ts';
import { letterJson, letterLines, listLines, type Shown, silentlyLosing, tallyLines } from './render.ts';
import { planJson, planLines } from './render-replay.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit'>;

/** What a verb has to do its work with. */
interface Work {
  readonly cluster: Cluster;
  /** The queue; empty for a verb that does without. */
  readonly topic: string;
  readonly host: World;
  readonly signal: AbortSignal;
  readonly say: (...lines: readonly string[]) => void;
}

const VERBS: Readonly<Record<string, Verb<World>>> = {
  list: verb(listUsage, async ({ options }, { cluster, signal, say }) => {
    const { sinks, brokers } = cluster;
    const queues = await listQueues(sinks, { brokers, topic: options.topic, signal });
    if (options.json) say(JSON.stringify({ queues, lose_silently: silentlyLosing(sinks) }));
    else say(...listLines(queues, sinks));
    return 0;
  }),
  show: verb(showUsage, async ({ options }, work) => {
    const shown: Shown[] = [];
    await eachLetter(options, work, (letter, contents) => {
      shown.push({ letter, contents, explanation: explained(letter, work) });
      return shown.length < (options.limit ?? LIMIT);
    });
    if (options.json) work.say(JSON.stringify(shown.map(letterJson)));
    else work.say(...shown.flatMap((one, at) => [...(at === 0 ? [] : ['']), ...letterLines(one)]));
    return 0;
  }),
  count: verb(countUsage, async ({ options }, { cluster: { brokers }, topic, signal, say }) => {
    const tally = createTally();
    await readQueue({
      ...{ brokers, topic, signal },
      onLetter(letter) {
        tally.add(letter);
        return true;
      },
    });
    const { records, classes } = tally.result();
    if (options.json) say(JSON.stringify({ topic, records, classes }));
    else say(`${topic}: ${plural(records, 'record')}`, ...tallyLines(classes));
    return 0;
  }),
  replay: verb(replayUsage, replayQueue),
};

const COMMAND: VerbsOptions<World> = {
  ...{ command: 'dlq', summary: 'dead letter queues of sink connectors', verbs: VERBS },
};

/** `driftlab dlq VERB …`. Exit status: 0 done, 1 it failed, 2 wrong usage, 130 interrupted. */
export async function dlqCommand(args: readonly string[], host: World): Promise<number> {
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab dlq';
  const [word = '', ...others] = args;
  if (asksForHelp(args[0])) {
    writeVerbs(COMMAND, host);
    return 0;
  }
  return runVerb(COMMAND, word, others, host);
}

type Options = OptionTable & { readonly topic: OptionTable[string]; readonly help: OptionTable[string] };

function verb<T extends Options>(
  usage: Usage<T>,
  work: (parsed: ParsedArguments<T>, work: Work) => Promise<number>,
): Verb<World> {
  return {
    summary: usage.summary.split('\n')[0] ?? '',
    async run(args, host) {
      const parsed = parseArguments(usage, args);
      const options = parsed.options as ClusterOptions & { readonly topic?: string; readonly help: boolean };
      if (options.help) {
        host.stdout.write(`${helpOf(usage)}\n`);
        return 0;
      }
      const { topic = '' } = options;
      if (topic === '' && usage !== (listUsage as unknown)) throw usageError(usage, 'which queue? --topic T names it');
      using here = openHere(host.env, () => labAddresses(host));
      const say = (...lines: readonly string[]): void => void host.stdout.write(`${lines.join('\n')}\n`);
      return await interruptible(host, async (signal) => {
        const cluster = await openCluster(options, here, signal);
        return work(parsed, { cluster, topic, host, signal, say });
      });
    },
  };
}

/** Gives each record that is meant, decoded, until no more are wanted. Throws an OperatorError (`no-record`) where there is none. */
async function eachLetter(
  { offsets, key, class: named }: WhichOptions,
  { cluster, topic, host, signal }: Work,
  take: (letter: DeadLetter, contents: Contents) => boolean,
): Promise<void> {
  const writers = cluster.sinks.filter(({ queue }) => queue === topic);
  const decoder = letterDecoder(registryOf(cluster.registry, writers, host.env));
  let [all, taken] = [0, 0];
  await readQueue({
    ...{ brokers: cluster.brokers, topic, offsets, signal },
    async onLetter(letter) {
      all += 1;
      const contents = await decoder.decode(letter);
      if (!isSelected(letter, contents, { key, class: named })) return true;
      taken += 1;
      return take(letter, contents);
    },
  });
  if (taken > 0) return;
  throw new OperatorError({
    code: 'no-record',
    message: all === 0 ? `${topic} has no record` : `none of the ${plural(all, 'record')} of ${topic} matches`,
    expected: all === 0 ? 'a queue with records' : 'a record that --key, --offsets and --class have in common',
    found: 'none',
    hint: `driftlab dlq ${all === 0 ? 'list' : `count --topic ${topic}`} says what there is`,
    exit: 1,
  });
}

function explained({ failure }: DeadLetter, { cluster }: Work) {
  if (failure === undefined) return undefined;
  const config = cluster.sinks.find(({ connector }) => connector === failure.connector)?.config;
  return explainFailure(failure, config);
}

async function replayQueue({ options }: ParsedArguments<typeof replayUsage.options>, work: Work): Promise<number> {
  const { cluster, host, signal, say } = work;
  const { brokers, sinks } = cluster;
  const read: ReadLetter[] = [];
  await eachLetter(options, work, (letter, { key, op }) => {
    // Of each no more is kept than is sent: traces are long.
    const slim = letter.failure === undefined ? letter : { ...letter, failure: { ...letter.failure, trace: '' } };
    return read.push({ letter: slim, key, op }) > 0;
  });
  const plan = await planReplay(read, {
    ...{ brokers, sinks, to: options.to, stale: options.stale, now: Date.now(), signal },
  });
  const { sendings } = plan;
  const applies = options.apply && sendings.length > 0;
  if (!options.json) say(...planLines(plan));
  if (applies)
    await replay(sendings, {
      ...{ brokers, signal },
      onSent: (records) => void host.stderr.write(`sent ${records} of ${sendings.length}\n`),
    });
  if (options.json) say(JSON.stringify(planJson(plan, applies)));
  else if (applies) say(`replayed ${plural(sendings.length, 'record')}; the queue still has them`);
  else if (sendings.length > 0) say('nothing was sent: --apply does it');
  return 0;
}
