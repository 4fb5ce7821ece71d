import type { ServerWords } from '#model/cause.ts';
import { redacted } from '#std/redact.ts';

/** Where a line of the worker's log begins, as the runtime's pattern writes it: time, level, class, the connector's context. */
const ENTRY = /^\d{4}-\d\d-\d\dT[\d:,.]+ (\w+) \S+ (?:\[([^|\]]+)\|[^\]]*\] )?/;
const LEVELS = ['WARN', 'ERROR'];
/** Frames say where in the code, and nothing that a person can act on. */
const FRAME = /^\s+(?:at |\.\.\. \d+ )/;
/** A statement that failed may be as long as its batch; what was wrong stands at its end. */
const LINE_MAX = 2000;
const WORDS_MAX = 16_000;

/** A server's words as they may be kept: without stack frames, without secrets, and no longer than a person reads. */
export function keptWords(text: string): string {
  const lines = text.split('\n').filter((line) => !FRAME.test(line));
  return cutMiddle(redacted('words', lines.map((line) => cutMiddle(line, LINE_MAX)).join('\n')), WORDS_MAX);
}

function cutMiddle(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max / 2)} … ${text.slice(-max / 2)}`;
}

/**
 * What a worker's log has of warnings and errors of the connectors whose names hold, newest last, each once however often it
 * came: the whole chain of causes, which Connect's REST interface cuts, or does not have where the task goes on.
 */
export function workerWords(log: string, isOf: (connector: string) => boolean, name: string): ServerWords[] {
  const entries = new Map<string, string>();
  let open: string[] | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const text = keptWords(open.join('\n'));
    // The same again but for offsets and times is no news; the newest is kept.
    const known = text.replaceAll(/\d+/g, '#');
    entries.delete(known);
    entries.set(known, text);
    open = undefined;
  };
  for (const line of log.split('\n')) {
    const [begins, level = '', connector = ''] = ENTRY.exec(line) ?? [];
    if (begins === undefined) {
      open?.push(line);
      continue;
    }
    close();
    if (LEVELS.includes(level) && isOf(connector)) open = [line.slice(begins.length)];
  }
  close();
  if (entries.size === 0) return [];
  const text = cutMiddle([...entries.values()].slice(-ENTRIES_MAX).join('\n'), WORDS_MAX);
  return [{ from: 'worker-log', name: `the worker's log of ${name}`, text }];
}

const ENTRIES_MAX = 20;
