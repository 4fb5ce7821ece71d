import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import { allSkippedHistory, skippingHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { html } from './html/page.ts';
import { junitXml } from './junit.ts';
import { markdown } from './markdown.ts';
import { matrixLines } from './text.ts';

const some = buildReport(skippingHistory());
const all = buildReport(allSkippedHistory());

test('a mode that was skipped has no verdict: it is listed with its reason, in the order of the run', () => {
  const skipped = [
    { mode: 'binlog', why: 'the source has no binary log' },
    { mode: 'truncate', why: 'no table can be truncated: public.a|b<c>' },
  ];
  expect(some.skipped).toEqual(skipped);
  expect(some.modes.map(({ id }) => id)).toEqual(['restart']);
  expect(some.options.modes).toEqual(['restart']);
  expect(some.verdict).toBe('PASS');
  expect([all.skipped, all.modes, all.exit]).toEqual([skipped, [], 3]);
});

test('report.md has a table of the skipped modes under the matrix, and where all were skipped that alone', () => {
  const skipped = [
    '| Skipped | Why |',
    '| --- | --- |',
    '| **binlog** | the source has no binary log |',
    '| **truncate** | no table can be truncated: public.a&#124;b&lt;c&gt; |',
    '',
    '',
  ].join('\n');
  expect(markdown(some)).toContain(`A variant that is expected to break must break.\n\n${skipped}`);
  const text = markdown(all);
  expect(text).toContain(`## What each variant showed\n\n${skipped}## The run`);
  expect(text).not.toContain('Failure mode');
});

test('report.html has the same table, and where all were skipped neither a matrix nor a section of modes', () => {
  const skipped = [
    '<h3>Skipped</h3><div class="card scroll"><table>',
    '<thead><tr><th scope="col">failure mode</th><th scope="col">why</th></tr></thead>',
    '<tbody><tr><th scope="row">binlog</th><td>the source has no binary log</td></tr>' +
      '<tr><th scope="row">truncate</th><td>no table can be truncated: public.a|b&lt;c&gt;</td></tr></tbody></table></div></section>',
  ].join('\n');
  expect(html(some)).toContain(`</ul></div>${skipped}`);
  expect(html(all)).toContain(`What each variant showed</h2>\n${skipped}</main>`);
});

test('junit.xml has a suite with one skipped case for each', () => {
  const skipped = [
    '  <testsuite name="binlog" tests="1" failures="0" errors="0" skipped="1" time="0.000">',
    '    <testcase classname="canonical.binlog" name="binlog" time="0">',
    '      <skipped message="the source has no binary log"/>',
    '    </testcase>',
    '  </testsuite>',
    '  <testsuite name="truncate" tests="1" failures="0" errors="0" skipped="1" time="0.000">',
    '    <testcase classname="canonical.truncate" name="truncate" time="0">',
    '      <skipped message="no table can be truncated: public.a|b&lt;c&gt;"/>',
    '    </testcase>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ];
  expect(junitXml(some).split('\n').slice(-skipped.length)).toEqual(skipped);
  expect(junitXml(some)).toContain(
    '<testsuites name="driftlab canonical" tests="6" failures="0" errors="0" skipped="2"',
  );
  expect(junitXml(all).split('\n').slice(2)).toEqual(skipped);
});

test('in a terminal they stand under the matrix, no line wider than that', () => {
  const skipped = [
    'binlog is skipped: the source has no binary log',
    'truncate is skipped: no table can be truncated: public.a|b<c>',
  ];
  expect(matrixLines(some, 104).slice(-3)).toEqual(['', ...skipped]);
  expect(matrixLines(all, 104)).toEqual(['', ...skipped]);
  expect(matrixLines(all, 40)).toEqual([
    '',
    'binlog is skipped: the source has no',
    'binary log',
    'truncate is skipped: no table can be',
    'truncated: public.a|b<c>',
  ]);
});

test('of a mode that is run, steps that were skipped are no part: they stand with the skipped modes, with one reason once', () => {
  const steps = ['levels', 'subjects'];
  const more = skippingHistory().flatMap((event): RunEvent[] => {
    if (event.type === 'mode-started') {
      const { at, mode } = event;
      return [...steps.map((step) => ({ at, type: 'step-skipped' as const, mode, step, why: 'no <registry>' })), event];
    }
    if (event.type !== 'run-started') return [event];
    const modes = event.modes.map((mode) => ({
      ...mode,
      steps: [...mode.steps, ...steps.map((id) => ({ id, title: id }))],
    }));
    return [{ ...event, modes }];
  });
  const report = buildReport(more);
  const skipped = steps.map((step) => ({ mode: 'restart', step, why: 'no <registry>' }));
  expect(report.skipped.slice(-2)).toEqual(skipped);
  const modes = report.modes.map(({ id, progress, steps: run }) => [id, progress, run.length]);
  expect(modes).toEqual([['restart', 'judged', 1]]);
  expect(matrixLines(report, 104).at(-1)).toBe('restart / levels, subjects are skipped: no <registry>');
  expect(markdown(report)).toContain('| **restart / levels, subjects** | no &lt;registry&gt; |');
  expect(html(report)).toContain('<th scope="row">restart / levels, subjects</th><td>no &lt;registry&gt;</td>');
  for (const step of steps) expect(junitXml(report)).toContain(`<testsuite name="restart / ${step}" tests="1"`);
});
