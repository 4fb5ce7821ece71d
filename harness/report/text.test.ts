import { expect, test } from 'vitest';
import { canonicalHistory, failingHistory, toothlessHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { closingLines, colours, matrixLines, wrap } from './text.ts';

test('the matrix says for every step and variant what was expected and what was seen', () => {
  const lines = matrixLines(buildReport(failingHistory()), 104);
  expect(lines.join('\n')).toBe(
    [
      '          insert                  upsert                  dedup                   debezium-jdbc',
      '',
      'restart: Connect dies before it has flushed its offsets',
      'expected  duplicate               converges               converges               converges',
      'seen    ✓ duplicate 398         ✓ converged 850 ms      ✗ lost 1, stale 3       ✓ converged 1.3 s',
    ].join('\n'),
  );
});

test('six variants fit in 80 columns, and no line is longer', () => {
  const lines = matrixLines(buildReport(canonicalHistory()), 80);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.join('\n')).toContain('lag / retention: ');
  for (const word of ['  ignore', '  converges', '✓ converged', '  duplicate'])
    expect(lines.join('\n')).toContain(word);
});

test('a fault that did not bite is told, and nothing of its step counts as shown', () => {
  const text = matrixLines(buildReport(toothlessHistory()), 100).join('\n');
  expect(text).toContain('the fault had no effect');
  expect(text).not.toContain('✓');
});

test('colour only repeats what the marks say', () => {
  const report = buildReport(failingHistory());
  const coloured = matrixLines(report, 100, colours).join('\n');
  expect(coloured).toContain('\u001b[31m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(matrixLines(report, 100).join('\n'));
});

test('the end of a run that failed gives the command that runs it again; one that passed does not', () => {
  expect(closingLines(buildReport(failingHistory())).at(-1)).toMatch(
    /^to reproduce it: npx driftlab scenario canonical/,
  );
  expect(closingLines(buildReport(canonicalHistory())).join('\n')).not.toContain('again');
});

test('text is broken at blanks and hyphens, and inside a word only where it must be', () => {
  expect(wrap('missing-column 1', 10)).toEqual(['missing-', 'column 1']);
  expect(wrap('✓ lost 143, stale 57', 12, '  ')).toEqual(['✓ lost 143,', '  stale 57']);
  expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  expect(wrap('', 4)).toEqual(['']);
});

test('a step that was not run has no line of expectations, only that', () => {
  const events = canonicalHistory({ until: (event) => !(event.type === 'fault' && event.step === 'retention') });
  const lines = matrixLines(buildReport(events), 100);
  const at = lines.findIndex((line) => line.startsWith('schema: '));
  expect(lines[at + 1]).toMatch(/^seen {4}\? not run/);
});
