import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import { buildReport } from '#report/build.ts';
import { markdown } from '#report/markdown.ts';
import { plain } from '#report/text.ts';
import { failingHistory } from '#testing/canonical-history.ts';
import { lineView } from './view.ts';

const ATTACK = '\u001b[2J\u009b1A\u202e\u2066\r\b';

/** A history in which every text that a server, a database or a file could have had a hand in attacks the terminal. */
function hostile(): RunEvent[] {
  const foreign = new Set(['text', 'detail', 'reason', 'summary', 'saw', 'what', 'title', 'error', 'trace', 'says']);
  const within = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return foreign.has(name) || name.startsWith('row.') ? `${ATTACK}${value}` : value;
    if (Array.isArray(value)) return value.map((each) => within(each, name));
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
    const row = name === 'source' || name === 'sink';
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, within(each, row ? `row.${key}` : key)]),
    );
  };
  return failingHistory().map((event) => within(event) as RunEvent);
}

test('a run that is told in lines does nothing to the terminal, whatever servers and data say', () => {
  let written = '';
  const view = lineView({ write: (text) => (written += text) }, plain);
  for (const event of hostile()) view.show(event);
  view.say(ATTACK);
  expect(written).toContain('\\u001b[2J');
  expect(written.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('report.md can be looked at in a terminal', () => {
  const text = markdown(buildReport(hostile()));
  expect(text).toContain('u001b');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
