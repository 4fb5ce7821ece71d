import { openClient, readyAddresses } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { listTopics, type ReadOptions, readRecords } from '#lab/tools/records.ts';
import { isNamed, isTableTopic } from '#lab/tools/topic-names.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { count } from '#report/words.ts';
import { commaList } from '#std/comma-list.ts';
import { helpOf, parseArguments, unknownName, usageError } from '../arguments.ts';
import type { Host } from '../host.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { consumeUsage, topicsUsage } from './options.ts';
import { tableLines } from './table.ts';

/** `driftlab kafka-topics` */
export async function topicsCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(topicsUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(topicsUsage)}\n`);
    return 0;
  }
  const topics = await listTopics(
    options.brokers === undefined ? labAddresses(host).brokers : commaList(options.brokers),
  );
  const rows = topics.map(({ topic, partitions, records, offsets }) => [
    topic,
    String(partitions),
    count(records),
    offsets.join('  '),
  ]);
  host.stdout.write(`${tableLines(['topic', 'partitions', 'records', 'offsets'], rows).join('\n')}\n`);
  return 0;
}

/** Where the lab's servers answer. Throws an OperatorError where it does not run. */
export function labAddresses(host: Pick<Host, 'env'>): LabAddresses {
  return readyAddresses(openClient(labHome(host.env)));
}

/** `driftlab kafka-consume`: change events as people read them. */
export async function consumeCommand(args: readonly string[], host: Host): Promise<number> {
  const { operands, options } = parseArguments(consumeUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(consumeUsage)}\n`);
    return 0;
  }
  const wanted = options.table ?? operands[0];
  const { brokers, source, registry, topics } =
    options.brokers === undefined
      ? await ofLab(host, wanted)
      : await ofCluster(options.brokers, wanted, options.registry);
  using interrupt = listenForInterrupt({ process: host.process, exit: host.exit, onFirst: () => {} });
  await readRecords({
    ...{ brokers, source, registry, topics, raw: options.raw, follow: options.follow, signal: interrupt.signal },
    fromBeginning: options['from-beginning'],
    max: options.max ?? Number.POSITIVE_INFINITY,
    onLines: (lines) => void host.stdout.write(`${lines.join('\n')}\n`),
  });
  return 0;
}

/** Whose topics are read. */
interface Topics extends Pick<ReadOptions, 'brokers' | 'topics' | 'registry'> {
  readonly source?: DatabaseServer;
}

async function ofLab(host: Pick<Host, 'env'>, wanted: string | undefined): Promise<Topics> {
  const { brokers, source, registry } = labAddresses(host);
  const all = (await listTopics(brokers)).map(({ topic }) => topic).filter((topic) => topic.startsWith('lab.'));
  const topics = all.filter((topic) => (wanted === undefined ? isTableTopic(topic) : isNamed(topic, wanted)));
  if (topics.length === 0) throw unknownName('topic', wanted ?? '', all);
  return { brokers, source, topics, registry };
}

/** One topic of a cluster of somebody's own. */
async function ofCluster(hosts: string, wanted: string | undefined, registry: string | undefined): Promise<Topics> {
  const brokers = commaList(hosts);
  const all = (await listTopics(brokers)).map(({ topic }) => topic);
  if (wanted === undefined) throw usageError(consumeUsage, 'which topic? Its name is missing');
  const topics = all.filter((topic) => topic === wanted || isNamed(topic, wanted));
  if (topics.length === 0) throw unknownName('topic', wanted, all);
  return { brokers, topics, registry };
}
