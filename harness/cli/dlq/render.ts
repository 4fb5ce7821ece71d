import type { Contents, Row } from '#operations/dead-letters/decode-letter.ts';
import type { Explanation } from '#operations/dead-letters/explain.ts';
import { type DeadLetter, errorClass, placeText } from '#operations/dead-letters/letter.ts';
import type { Queue } from '#operations/dead-letters/list-queues.ts';
import type { SinkErrors } from '#operations/dead-letters/queues.ts';
import type { Alike } from '#operations/dead-letters/tally.ts';
import { plural } from '#report/words.ts';
import { redacted } from '#std/redact.ts';
import { visible } from '#std/visible.ts';
import { tableLines } from '../lab/table.ts';

const HEADERS = 'errors.deadletterqueue.context.headers.enable=true';

/** A queue a block; then who loses records without one. */
export function listLines(queues: readonly Queue[], sinks: readonly SinkErrors[]): string[] {
  return [
    ...(queues.length === 0 ? ['no sink connector has a dead letter queue'] : queues.flatMap(queueLines)),
    ...silentlyLosing(sinks).map(
      (name) =>
        `${name} loses records silently: errors.tolerance=all, and no errors.deadletterqueue.topic.name in its configuration`,
    ),
  ];
}

/** Connectors that go on without a record that failed, and put it nowhere. */
export function silentlyLosing(sinks: readonly SinkErrors[]): readonly string[] {
  return sinks.filter(({ tolerates, queue }) => tolerates && queue === undefined).map(({ connector }) => connector);
}

function queueLines({ topic, connectors, silent, exists, records, classes }: Queue): string[] {
  const of = connectors.length === 0 ? 'of no connector that was asked' : `of ${connectors.join(', ')}`;
  return [
    `${topic}, ${of}: ${exists ? plural(records, 'record') : 'the topic is not there'}`,
    ...tallyLines(classes).map((line) => `  ${line}`),
    ...silent.map((name) => `  ${name} does not say what failed: set ${HEADERS} in its configuration`),
  ];
}

export function tallyLines(classes: readonly Alike[]): string[] {
  if (classes.length === 0) return [];
  const rows = classes.map((one) => [one.class, one.topic, one.stage, String(one.records), one.first, one.latest]);
  return tableLines(['class', 'original topic', 'stage', 'records', 'first', 'latest'], rows);
}

/** One record with what is known of its failure. */
export interface Shown {
  readonly letter: DeadLetter;
  readonly contents: Contents;
  readonly explanation: Explanation | undefined;
}

export function letterLines({ letter, contents, explanation }: Shown): string[] {
  const { failure, timestampMs } = letter;
  const line = (label: string, text: string): string => `  ${label.padEnd(9)} ${visible(redacted('', text))}`;
  const [first = '', ...others] = explanation?.remedies ?? [];
  return [
    `${placeText(letter)}  ${new Date(timestampMs).toISOString()}  ${contents.key === undefined ? 'no key' : visible(contents.key)}`,
    ...(failure === undefined
      ? [line('failed', `not known: the record has no headers of Connect's. Set ${HEADERS} for what is yet to fail`)]
      : [
          line('from', `${placeText(failure.origin)}, connector ${failure.connector}, task ${failure.task}`),
          line('failed', explanation?.stage ?? failure.stage),
          line('error', `${errorClass(letter)}: ${failure.message}`),
          ...(failure.cause === undefined ? [] : [line('because', failure.cause)]),
          ...(explanation?.cause === undefined
            ? []
            : [line('means', `${explanation.cause.says} (${explanation.cause.code}, ${explanation.cause.docs})`)]),
          line('do', first),
          ...others.map((text) => line('', text)),
        ]),
    ...contentsLines(contents, line),
  ];
}

function contentsLines(
  { op, before, after, text, unreadable }: Contents,
  line: (label: string, text: string) => string,
): string[] {
  return [
    ...(op === undefined ? [] : [line('change', op)]),
    ...(before === undefined ? [] : [line('before', rowText(before))]),
    ...(after === undefined ? [] : [line('after', rowText(after))]),
    ...(unreadable === undefined ? [] : [line('unread', unreadable)]),
    ...(text === undefined ? [] : [line('value', short(text))]),
  ];
}

const VALUE_MAX = 200;

function rowText(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${value === undefined ? '(unchanged)' : value === null ? 'NULL' : short(value)}`)
    .join('  ');
}

function short(text: string): string {
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}… (${text.length} characters)`;
}

/** As a program reads it. */
export function letterJson({ letter, contents, explanation }: Shown): object {
  const { topic, partition, offset, timestampMs, failure } = letter;
  return {
    ...{ topic, partition, offset: String(offset), time: new Date(timestampMs).toISOString(), ...contents },
    failure:
      failure === undefined
        ? null
        : {
            ...failure,
            message: redacted('', failure.message),
            trace: redacted('', failure.trace),
            origin: { ...failure.origin, offset: String(failure.origin.offset) },
          },
    explanation: explanation ?? null,
  };
}
