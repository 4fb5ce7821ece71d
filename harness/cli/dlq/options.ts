// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type { OffsetRange } from '#operations/dead-letters/read-queue.ts';
import { badValue, type OptionTable, type Usage, type ValueOption } from '../arguments.ts';
import { COMMON, integer, word } from '../options.ts';

const SHARED = {
  connect: word(
    'URLS',
    "Kafka Connect's workers, http://connect:8083,…, or lab; their password as a reference, ${env:VARIABLE}",
    'lab, the live lab',
  ),
  brokers: word('HOSTS', "Kafka's brokers, host:9092,…", "the live lab's"),
  registry: word(
    'URL',
    'a schema registry, for records that need one',
    "the one that the connector's configuration names, or the live lab's",
  ),
  json: { kind: 'switch', help: 'print JSON' },
  ...COMMON,
} as const satisfies OptionTable;

const TOPIC = word('TOPIC', 'the dead letter queue');
const WHICH = {
  topic: TOPIC,
  key: word('KEY', "records of this key: id=7, or 7 where it has one column; or the key's bytes as text", 'all'),
  offsets: offsets(),
  class: word('CLASS', 'records with this exception, or this last cause of it, with or without its package', 'all'),
} as const satisfies OptionTable;

/** How many records are shown. */
export const LIMIT = 10;

const AT = '--connect http://connect:8083 --brokers kafka:9092';

const listOptions = { topic: word('TOPIC', 'one more queue, whoever writes it'), ...SHARED } as const;
export const listUsage: Usage<typeof listOptions> = {
  command: 'dlq list',
  summary:
    'Lists the dead letter queues of sink connectors: records, classes of errors, times; and connectors that lose records silently.',
  operands: [],
  options: listOptions,
  examples: [`driftlab dlq list ${AT}`, 'driftlab dlq list'],
};

const showOptions = {
  limit: integer('N', 'how many records', 1, 1_000_000, String(LIMIT)),
  ...WHICH,
  ...SHARED,
} as const satisfies OptionTable;
export const showUsage: Usage<typeof showOptions> = {
  command: 'dlq show',
  summary: 'Shows the records of a queue, decoded: what failed at which stage, what that means, and what to do.',
  operands: [],
  options: showOptions,
  examples: [
    `driftlab dlq show --topic dlq.shop ${AT}`,
    `driftlab dlq show --topic dlq.shop --class DataException --limit 1 ${AT}`,
  ],
};

const countOptions = { topic: TOPIC, ...SHARED } as const;
export const countUsage: Usage<typeof countOptions> = {
  command: 'dlq count',
  summary: 'Counts the records of a queue by class of error, original topic and stage.',
  operands: [],
  options: countOptions,
  examples: [`driftlab dlq count --topic dlq.shop ${AT}`],
};

const replayOptions = {
  ...WHICH,
  to: word('TOPIC', 'another topic in place of the original ones; it must be there'),
  stale: {
    kind: 'switch',
    help: 'send records, too, of whose keys their topic has later ones, or of which that is not known',
  },
  apply: { kind: 'switch', help: 'do it; without it, what would be done is said' },
  ...SHARED,
} as const satisfies OptionTable;
export const replayUsage: Usage<typeof replayOptions> = {
  command: 'dlq replay',
  summary:
    'Sends records of a queue to the topics and partitions that they are from: by default it says what it would send, and who reads it.\n' +
    'Key, value and own headers stay as they are. What was replayed once is left out; the queue is never changed.',
  operands: [],
  options: replayOptions,
  examples: [
    `driftlab dlq replay --topic dlq.shop ${AT}`,
    `driftlab dlq replay --topic dlq.shop --class SQLException --apply ${AT}`,
  ],
};

/** Whatever a verb has of them. */
export interface WhichOptions {
  readonly topic?: string | undefined;
  readonly key?: string | undefined;
  readonly offsets?: OffsetRange | undefined;
  readonly class?: string | undefined;
}

function offsets(): ValueOption<OffsetRange> {
  return {
    kind: 'value',
    placeholder: '[P/]A-B',
    help: 'records of these offsets of the queue, both included; P is its partition, where it has several',
    otherwise: 'all',
    parse(text, option) {
      const [, partition, first, to, last] = /^(?:(\d{1,9})\/)?(\d{1,18})(-(\d{1,18})?)?$/.exec(text) ?? [];
      const end = to === undefined ? first : last;
      if (first === undefined || (end !== undefined && BigInt(end) < BigInt(first)))
        throw badValue(option, 'offsets, as in 3, 3-7, 3- or 0/3-7', text);
      return {
        ...(partition === undefined ? {} : { partition: Number(partition) }),
        first: BigInt(first),
        ...(end === undefined ? {} : { last: BigInt(end) }),
      };
    },
  };
}
