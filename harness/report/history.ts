import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '#model/run-event.ts';
import { appendWhole } from '#std/append-whole.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { decodeLine, encodeLine } from '#std/json-lines.ts';
import { eventProblem } from './event-shape.ts';

export const HISTORY_FILE = 'events.jsonl';

/** One event as one line, without the line's end. Bigints become `{"$bigint":"…"}`. */
export function encodeEvent(event: { readonly type: string }): string {
  return encodeLine(event);
}

export function decodeEvent(line: string): RunEvent {
  return decodeLine<RunEvent>(line);
}

export interface History extends Disposable {
  append(event: RunEvent): void;
}

/**
 * Appends a run's events to `<folder>/events.jsonl`, each written before `append` returns, so that a run which is killed
 * leaves all it had seen. After disposal, `append` does nothing.
 */
export function openHistory(folder: string): History {
  let file: number | undefined = openSync(join(folder, HISTORY_FILE), 'a', 0o644);
  return {
    append(event) {
      if (file !== undefined) appendWhole(file, `${encodeEvent(event)}\n`);
    },
    [Symbol.dispose]() {
      if (file === undefined) return;
      const closing = file;
      file = undefined;
      closeSync(closing);
    },
  };
}

/**
 * The events of a run's folder. A last line that was torn when the run was killed is left out; a bad line before it is an
 * OperatorError (`history-damaged`), and so is a folder without a history (`history-missing`).
 */
export function readHistory(folder: string): RunEvent[] {
  const path = join(folder, HISTORY_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OperatorError({
      code: 'history-missing',
      message: `cannot read the history of the run in ${folder}`,
      expected: `a file ${path}`,
      found: messageOf(cause),
      hint: 'give the folder of a run, such as reports/latest',
      cause,
    });
  }
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  if (torn !== '') lines.push(torn);
  const events: RunEvent[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      const event = decodeEvent(line);
      const problem = eventProblem(event);
      if (problem !== undefined) throw new Error(problem);
      events.push(event);
    } catch (cause) {
      if (torn !== '' && index === lines.length - 1) break;
      throw new OperatorError({
        code: 'history-damaged',
        message: `line ${index + 1} of ${path} is not an event`,
        expected: 'the history as the run wrote it, an event on each line',
        found: messageOf(cause),
        hint: 'copy the folder again from where the run left it; what is damaged cannot be reported',
        cause,
      });
    }
  }
  return events;
}

/**
 * Makes something of what a run's folder holds. What cannot be made of it, whatever the reason, is an OperatorError
 * (`run-damaged`): each line was an event, but they do not go together.
 */
export async function understand<T>(folder: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError)) throw cause;
    throw new OperatorError({
      code: 'run-damaged',
      message: `the files in ${folder} do not make up a run`,
      expected: 'events.jsonl, report.json, ledger.jsonl and observations.jsonl.gz as the run wrote them',
      found: messageOf(cause),
      hint: 'copy the folder again from where the run left it; --debug shows where it fails',
      cause,
    });
  }
}
