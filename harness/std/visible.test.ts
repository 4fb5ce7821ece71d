import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeOutput, visible, visibleIn, visibleLines } from './visible.ts';

/** What a terminal, or a reader's eye, would be driven by. */
const ATTACKS: Readonly<Record<string, string>> = {
  'CSI: clear the screen': '\u001b[2J',
  'CSI: move up and erase': '\u001b[1A\u001b[2K',
  'CSI in one character': '\u009b2J',
  'OSC: set the title, ended by BEL': '\u001b]0;owned\u0007',
  'OSC 52: write the clipboard': '\u001b]52;c;ZXZpbA==\u001b\\',
  'OSC in one character': '\u009d0;owned\u009c',
  'DCS: ask the terminal for an answer': '\u001bP$q"p\u001b\\',
  'a carriage return that overwrites the line': 'FAIL\rPASS',
  backspaces: 'FAIL\b\b\b\bPASS',
  'delete, vertical tab, form feed': '\u007f\u000b\u000c',
  'right-to-left override': '\u202egnp.exe\u202c',
  isolates: '\u2066\u2067\u2068\u2069',
  'marks of direction': '\u200e\u200f\u061c',
  'separators of lines': 'a\u2028b\u2029c\u0085d',
  'tags that nobody sees': '\u{e0041}\u{e007f}',
  'half a pair': '\ud83d',
};
const ACTS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

test.each(Object.entries(ATTACKS))('%s is spelled out', (_, attack) => {
  expect(visible(attack)).not.toMatch(ACTS);
  expect(visibleLines(attack)).not.toMatch(ACTS);
  expect(safeOutput(attack, true)).not.toMatch(ACTS);
});

test('no text acts on the terminal, and what does not act stays as it is', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !ACTS.test(visible(text))));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !ACTS.test(visibleLines(text).replace(/[\r\n\t]/g, ''))),
  );
  expect(visible('naïve 日本 é')).toBe('naïve 日本 é');
});

test('one line spells out line ends and tabs, several lines keep them', () => {
  expect(visible('a\u001b[2Jb\nc\td\r')).toBe('a\\u001b[2Jb\\nc\\td\\r');
  expect(visibleLines('a\r\nb\n\tc\rd')).toBe('a\r\nb\n\tc\\rd');
});

test('JSON in which a character was spelled out still means the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => JSON.parse(safeOutput(JSON.stringify(text), false)) === text),
  );
});

test('every text of a value is made visible, numbers and positions are let be', () => {
  const at = new Date(0);
  const value = { 'n\u202e': ['\u001b[2J', 1, null], at, map: new Map([['\u0007', true]]) };
  expect(visibleIn(value)).toEqual({ 'n\\u202e': ['\\u001b[2J', 1, null], at, map: new Map([['\\u0007', true]]) });
});

test('of colours, only our own pass, and those only where there are colours', () => {
  const own = '\u001b[1m\u001b[31mFAIL\u001b[39m\u001b[22m';
  expect(safeOutput(own, true)).toBe(own);
  expect(safeOutput(own, false)).not.toMatch(ACTS);
  expect(safeOutput('\u001b[8mhidden \u001b[30;40m \u001b[31;8m', true)).not.toMatch(ACTS);
});
