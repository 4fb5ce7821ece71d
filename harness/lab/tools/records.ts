import { type Admin, kafkaClient, logBounds } from '#clients/kafka.ts';
import { readLog } from '#clients/read-log.ts';
import { registryClient } from '#clients/registry.ts';
import { engineOf, SOURCE_READERS } from '#engines/index.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '#log/decode.ts';
import { formatReader } from '#log/formats/reader.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import { splitPartition } from '#model/position.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { visible } from '#std/visible.ts';

export interface TopicState {
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  /** `start–end` of each partition, in their order. */
  readonly offsets: readonly string[];
}

/** The broker's topics by name, the client's own among them. */
export async function listTopics(brokers: readonly string[]): Promise<TopicState[]> {
  const admin = await connectedAdmin(brokers);
  try {
    const topics = (await admin.listTopics()).sort();
    const { starts, ends } = await logBounds(admin, topics);
    return topics.map((topic) => {
      const names = [...ends.keys()].filter((name) => splitPartition(name).topic === topic).sort();
      const range = (name: string): [bigint, bigint] => [starts.get(name) ?? 0n, ends.get(name) ?? 0n];
      return {
        topic,
        partitions: names.length,
        records: names.reduce((sum, name) => sum + Number(range(name)[1] - range(name)[0]), 0),
        offsets: names.map((name) => range(name).join('–')),
      };
    });
  } finally {
    await admin.disconnect();
  }
}

/** Throws an OperatorError (`broker-away`) where no broker answers. */
async function connectedAdmin(brokers: readonly string[]): Promise<Admin> {
  const admin = kafkaClient(brokers, 'driftlab-cli').admin();
  try {
    await admin.connect();
    return admin;
  } catch (cause) {
    throw new OperatorError({
      code: 'broker-away',
      message: 'the broker does not answer',
      expected: `Kafka at ${brokers.join(', ')}`,
      found: messageOf(cause),
      hint: "start it, or correct the address; of the live lab's, npx driftlab connector-status says which node is down",
      cause,
      exit: 3,
    });
  }
}

export interface ReadOptions {
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  /** From the oldest record to what is there now; otherwise what comes, until `signal` is aborted. */
  readonly fromBeginning: boolean;
  /** With `fromBeginning`: go on with what comes. */
  readonly follow: boolean;
  /** End after so many records. */
  readonly max: number;
  /** Keys and values as they are, but for control characters, which are spelled out. */
  readonly raw: boolean;
  /** The source's server, whose engine writes the positions; without it they are not shown. */
  readonly source?: DatabaseServer | undefined;
  /** Where the registry answers that has the schemas which stand in no record. */
  readonly registry?: string | undefined;
  readonly signal: AbortSignal;
  readonly onLines: (lines: readonly string[]) => void;
}

/** Reads topics in a group of its own that commits nothing, and gives each record as lines. */
export async function readRecords(options: ReadOptions): Promise<void> {
  const { brokers, topics, fromBeginning, follow, max, raw, signal, onLines } = options;
  const formatPosition = options.source && engineOf(options.source).source.formatPosition;
  const admin = await connectedAdmin(brokers);
  const { starts, ends } = await logBounds(admin, topics).finally(() => admin.disconnect());
  const registry = options.registry === undefined ? undefined : registryClient(options.registry);
  const formats = formatReader(registry);
  const context = decodeContext(SOURCE_READERS, undefined, undefined, formats);
  let shown = 0;
  await readLog({
    ...{ brokers, clientId: 'driftlab-cli', signal, from: fromBeginning ? starts : ends },
    ...(fromBeginning && !follow ? { to: ends } : {}),
    async onRecord(record) {
      if (!raw) await formats.prepare([record]);
      onLines(raw ? [rawLine(record)] : recordLines(record, decodeChangeEvent(record, context), formatPosition));
      shown += 1;
      return shown < max;
    },
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function rawLine({ key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }): string {
  return [key, value].map((bytes) => visible(bytes?.toString() ?? 'null')).join('\t');
}

interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly value: Buffer | null;
}

/** One record: what happened to which row, where it stands in the log, and the row before and after. */
function recordLines(
  record: RecordPlace,
  decoded: ReturnType<typeof decodeChangeEvent>,
  formatPosition: ((position: bigint) => string) | undefined,
): string[] {
  const at = `${record.topic}/${record.partition} @ ${record.offset}`;
  if (decoded === undefined) return [`${record.value === null ? 'tombstone' : 'no row'}  ${at}`];
  if (isPoison(decoded)) return [`unreadable  ${at}: ${visible(decoded.poison)}`];
  const { op, table, lsn, txn, before, after, committedAtMs } = decoded;
  const facts = [
    ...(lsn === undefined || formatPosition === undefined ? [] : [`at ${formatPosition(lsn)}`]),
    ...(txn === undefined ? [] : [`txn ${txn}`]),
    ...(committedAtMs === undefined ? [] : [new Date(committedAtMs).toISOString()]),
  ];
  return [
    `${op.padEnd(6)}  ${visible(table)} ${keyText(decoded)}  ${at}  ${facts.join('  ')}`,
    ...(before === undefined ? [] : [`  before  ${rowText(before)}`]),
    ...(after === undefined ? [] : [`  after   ${rowText(after)}`]),
  ];
}

function keyText({ key }: ChangeEvent): string {
  return Object.entries(key)
    .map(([name, value]) => `${visible(name)}=${visible(value ?? 'NULL')}`)
    .join(', ');
}

const VALUE_MAX = 60;

function rowText(row: EventRow): string {
  return Object.entries(row)
    .map(([name, value]) => `${visible(name)}=${valueText(value)}`)
    .join('  ');
}

function valueText(value: EventRow[string] | undefined): string {
  if (value === UNCHANGED) return '(unchanged)';
  if (value === null || value === undefined) return 'NULL';
  return value.length > VALUE_MAX
    ? `${visible(value.slice(0, VALUE_MAX))}… (${value.length} characters)`
    : visible(value);
}
