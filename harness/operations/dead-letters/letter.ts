import type { IHeaders } from 'kafkajs';
import { rootCause } from '#clients/connect.ts';
import type { PlacedRecord } from '#clients/read-log.ts';

/** A place in a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What Connect says of a record that failed, in the headers that it adds where `errors.deadletterqueue.context.headers.enable=true`. */
export interface Failure {
  readonly connector: string;
  readonly task: string;
  /** As Connect names it: `VALUE_CONVERTER`, `TRANSFORMATION`, `TASK_PUT`. */
  readonly stage: string;
  /** The class that was at work: a converter, a transformation, the sink's task. */
  readonly executing: string;
  /** Class and message of the exception. */
  readonly exception: string;
  readonly message: string;
  /** The last cause of the exception, where it has one: `java.lang.NumberFormatException: For input string: "a"`. */
  readonly cause?: string;
  readonly trace: string;
  /** Where the record came from. */
  readonly origin: Place;
}

/** A record of a dead letter queue. */
export interface DeadLetter extends Place {
  /** That of the record which failed, in ms since the epoch. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The record's own headers, without those that Connect has added. */
  readonly headers: IHeaders;
  /** Absent where the record has no headers of Connect's. */
  readonly failure?: Failure;
}

/** Of Kafka 4.3.1's `DeadLetterQueueReporter`; the same since 2.0. */
const CONNECT = '__connect.errors.';

export function deadLetter(record: PlacedRecord): DeadLetter {
  const { topic, partition, key, value, headers = {} } = record;
  const failure = failureIn(headers);
  return {
    ...{ topic, partition, offset: BigInt(record.offset), timestampMs: Number(record.timestamp), key, value },
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(CONNECT))),
    ...(failure === undefined ? {} : { failure }),
  };
}

function failureIn(headers: IHeaders): Failure | undefined {
  const said = (name: string): string => headerText(headers, `${CONNECT}${name}`) ?? '';
  const [partition, offset] = [said('partition'), said('offset')];
  if (said('topic') === '' || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return undefined;
  const trace = said('exception.stacktrace');
  const exception = said('exception.class.name');
  const cause = trace.includes('Caused by:') ? rootCause(trace) : undefined;
  return {
    ...{
      connector: said('connector.name'),
      task: said('task.id'),
      stage: said('stage'),
      executing: said('class.name'),
    },
    ...{ exception, message: said('exception.message'), trace, ...(cause === undefined ? {} : { cause }) },
    origin: { topic: said('topic'), partition: Number(partition), offset: BigInt(offset) },
  };
}

/** A header's text, its last where it has several: a record that fails once more has those of before, too. */
export function headerText(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  // A header may be null, which kafkajs' types do not say.
  return last === undefined || last === null ? undefined : last.toString();
}

/** The classes of a failure's exception and of its last cause, in full. */
export function classesOf({ exception, cause }: Failure): readonly string[] {
  const last = /^[\w.$]+/.exec(cause ?? '')?.[0];
  return last === undefined || last === exception ? [exception] : [exception, last];
}

/** A class without its package. */
export function shortClass(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** `DataException ← NumberFormatException`: an exception and its last cause. */
export function errorClass({ failure }: Pick<DeadLetter, 'failure'>): string {
  return failure === undefined ? NOT_KNOWN : classesOf(failure).map(shortClass).join(' ← ');
}

/** In place of what only headers would say. */
export const NOT_KNOWN = 'not known';

export function placeText({ topic, partition, offset }: Place): string {
  return `${topic}/${partition}/${offset}`;
}

/** What {@link placeText} has written; undefined for any other text. */
export function placeIn(text: string | undefined): Place | undefined {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,19})$/.exec(text ?? '') ?? [];
  return topic === undefined ? undefined : { topic, partition: Number(partition), offset: BigInt(offset ?? '') };
}
