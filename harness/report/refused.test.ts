import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { Refusal } from '#model/fault.ts';
import type { StepVariantResult } from '#model/run-event.ts';
import { canonicalHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { html } from './html/page.ts';
import { junitXml } from './junit.ts';
import { markdown } from './markdown.ts';
import { matrixLines } from './text.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, 'schema.json'), 'utf8')) as object;
const valid = new Ajv2020({ strict: false }).compile(schema);

const DURING: Readonly<Record<string, StepVariantResult['during']>> = {
  insert: { verdict: 'PASS', counts: {}, inFlight: 0 },
  upsert: { verdict: 'SYNC_IN_PROGRESS', counts: {}, inFlight: 1 },
  dedup: { verdict: 'FAIL', counts: { 'missing-column': 1 }, inFlight: 124 },
};

/** The canonical run, whose first step was refused so, and looked at meanwhile. */
function reportOf(refused: readonly Refusal[]) {
  return buildReport(
    canonicalHistory().map((event) => {
      if (event.type !== 'step-judged' || event.result.mode !== 'restart') return event;
      const variants = Object.entries(event.result.variants).map(([name, variant]) => {
        const during = DURING[name];
        return [name, during === undefined ? variant : { ...variant, during }] as const;
      });
      const fault = { ...event.result.fault, refused };
      return { ...event, result: { ...event.result, fault, variants: Object.fromEntries(variants) } };
    }),
  );
}

const refused: readonly Refusal[] = [
  { by: 'registry', name: 'p.t-value', status: 409, says: 'Incompatible <artifact>' },
  { by: 'sink', name: 'upsert', says: 'Cannot ALTER' },
];

test('every format shows who refused a change, and in which words', () => {
  const report = reportOf(refused);
  expect(valid(JSON.parse(JSON.stringify(report)))).toBe(true);
  expect(report.modes[0]?.fault.refused).toEqual(refused);
  expect(matrixLines(report, 104)).toEqual(
    expect.arrayContaining([
      'refused by the registry (p.t-value, HTTP 409): Incompatible <artifact>',
      'refused by the sink (upsert): Cannot ALTER',
    ]),
  );
  const words = 'refused by the registry (p.t-value, HTTP 409): Incompatible &lt;artifact&gt;';
  expect(markdown(report)).toContain(`<br>${words}<br>refused by the sink (upsert): Cannot ALTER`);
  expect(html(report).toLowerCase()).toContain(words.toLowerCase());
});

test('that nobody refused it is said where that is a matter of the fault, and nowhere else', () => {
  const texts = (report: ReturnType<typeof reportOf>) => matrixLines(report, 104).join('\n');
  expect(texts(reportOf([]))).toContain('refused by nobody');
  expect(texts(buildReport(canonicalHistory()))).not.toContain('refused');
});

test('what a variant showed while the fault was in stands between what was expected and what it showed in the end', () => {
  const report = reportOf([]);
  const seen = ['as the source', 'late: 1 key', 'missing-column 1; late: 124 keys'];
  expect(['insert', 'upsert', 'dedup'].map((name) => report.modes[0]?.variants[name]?.during?.seen)).toEqual(seen);
  const lines = matrixLines(report, 104);
  const at = lines.findIndex((line) => line.startsWith('during'));
  expect(lines[at]).toContain('as the source');
  expect([lines[at - 1]?.startsWith('expected'), lines.slice(at).some((line) => line.startsWith('seen'))]).toEqual([
    true,
    true,
  ]);
  expect(lines.filter((line) => line.startsWith('during')).length).toBe(1);
  expect(markdown(report)).toContain('<sub>during: late: 1 key</sub>');
  expect(html(report)).toContain('<small>during: late: 1 key</small>');
  expect(junitXml(report)).toContain('while the fault was in: late: 1 key');
});
