import { appendFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canonicalHistory } from '#testing/canonical-history.ts';
import { HISTORY_FILE, openHistory, readHistory } from './history.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is written is read back the same, bigints too', () => {
  const events = canonicalHistory();
  {
    using history = openHistory(folder);
    for (const event of events) history.append(event);
  }
  const read = readHistory(folder);
  expect(read).toEqual(events);
  const judged = read.find((event) => event.type === 'step-judged');
  expect(judged?.result.variants.insert?.seen.findings[0]?.event?.offset).toBe(5123n);
});

test('an event can be read as soon as append returns, and none is written after the end', () => {
  const [first, second] = canonicalHistory();
  if (first === undefined || second === undefined) throw new Error('no events');
  const history = openHistory(folder);
  history.append(first);
  expect(readHistory(folder)).toEqual([first]);
  history[Symbol.dispose]();
  history[Symbol.dispose]();
  history.append(second);
  expect(readHistory(folder)).toEqual([first]);
});

test('a last line torn by a kill is left out; a damaged line before it is an error that names it', () => {
  const [first] = canonicalHistory();
  if (first === undefined) throw new Error('no events');
  {
    using history = openHistory(folder);
    history.append(first);
  }
  appendFileSync(join(folder, HISTORY_FILE), '{"at":17,"typ');
  expect(readHistory(folder)).toEqual([first]);
  appendFileSync(join(folder, HISTORY_FILE), '\n');
  expect(() => readHistory(folder)).toThrow(/^line 2 of /);
});

test('a text that looks like a bigint stays a text', () => {
  writeFileSync(join(folder, HISTORY_FILE), '{"at":1,"type":"note","level":"info","text":"12n"}\n');
  expect(readHistory(folder)).toEqual([{ at: 1, type: 'note', level: 'info', text: '12n' }]);
});

test('a folder without a history is an error with what to do', () => {
  expect(() => readHistory(join(folder, 'nowhere'))).toThrow(
    expect.objectContaining({ code: 'history-missing', hint: expect.stringContaining('reports/latest') }),
  );
});

test.runIf(existsSync('/dev/full'))('a full disk is an error at once, not a history with a hole', () => {
  const [first] = canonicalHistory();
  if (first === undefined) throw new Error('no events');
  symlinkSync('/dev/full', join(folder, HISTORY_FILE));
  using history = openHistory(folder);
  expect(() => history.append(first)).toThrow(/ENOSPC/);
});
