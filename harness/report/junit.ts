import type { ModeReport, Report, SkippedMode, StepReport, VariantReport } from './report.ts';
import { causeLines, duration, keyText, skippedName } from './words.ts';

interface Case {
  readonly xml: string;
  readonly outcome: 'passed' | 'failed' | 'error' | 'skipped';
}

/**
 * JUnit's XML as CI systems read it: a suite for each failure mode, a case for each step × variant. What was not as
 * expected is a failure; what could not be judged is an error; what was not run is skipped. A mode that was skipped is a
 * suite with one skipped case.
 */
export function junitXml(report: Report): string {
  const suites = [
    ...report.modes.map((mode) => suite(report, mode)),
    ...report.skipped.map((one) => skippedSuite(report, one)),
  ];
  const total = (outcome: Case['outcome']) =>
    suites.reduce((sum, { cases }) => sum + cases.filter((one) => one.outcome === outcome).length, 0);
  const attributes = attributesOf({
    name: `driftlab ${report.scenario}`,
    tests: suites.reduce((sum, { cases }) => sum + cases.length, 0),
    failures: total('failed'),
    errors: total('error'),
    skipped: total('skipped'),
    time: seconds(report.duration_ms),
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${suites.map(({ xml }) => xml).join('')}</testsuites>\n`;
}

interface Suite {
  readonly xml: string;
  readonly cases: readonly Case[];
}

function skippedSuite(report: Report, skipped: SkippedMode): Suite {
  const name = skippedName(skipped);
  const one = skippedCase({ classname: `${report.scenario}.${skipped.mode}`, name }, skipped.why);
  const attributes = attributesOf({ name, tests: 1, failures: 0, errors: 0, skipped: 1, time: seconds(0) });
  return { xml: `  <testsuite${attributes}>\n${one.xml}  </testsuite>\n`, cases: [one] };
}

function skippedCase(named: { readonly classname: string; readonly name: string }, message: string): Case {
  const opening = `    <testcase${attributesOf({ ...named, time: '0' })}>`;
  return { outcome: 'skipped', xml: `${opening}\n      <skipped${attributesOf({ message })}/>\n    </testcase>\n` };
}

function suite(report: Report, mode: ModeReport): Suite {
  const cases = mode.steps.flatMap((step) => stepCases(report, mode, step));
  const counted = (outcome: Case['outcome']) => cases.filter((one) => one.outcome === outcome).length;
  const attributes = attributesOf({
    name: mode.id,
    tests: cases.length,
    failures: counted('failed'),
    errors: counted('error'),
    skipped: counted('skipped'),
    time: seconds(mode.duration_ms ?? 0),
    timestamp: new Date(Date.parse(report.started_at) + (mode.started_ms ?? 0)).toISOString().slice(0, 19),
  });
  const known = Object.entries({ title: mode.title, seed: report.seed, run: report.run, replay: report.replay });
  const causes = mode.causes.map((cause) => ['cause', causeLines(cause).join('\n')] as const);
  const properties = [...known, ...causes]
    .map(([name, value]) => `      <property${attributesOf({ name, value })}/>\n`)
    .join('');
  const xml = `  <testsuite${attributes}>\n    <properties>\n${properties}    </properties>\n${cases
    .map((one) => one.xml)
    .join('')}  </testsuite>\n`;
  return { xml, cases };
}

function stepCases(report: Report, mode: ModeReport, step: StepReport): Case[] {
  const classname = `${report.scenario}.${mode.id}.${step.id}`;
  if (step.progress !== 'judged') {
    return mode.planned.map((name) => {
      const message = step.fault.evidence.text;
      if (step.progress !== 'cut-short') return skippedCase({ classname, name }, message);
      const opening = `    <testcase${attributesOf({ classname, name, time: '0' })}>`;
      return {
        outcome: 'error',
        xml: `${opening}\n      <error${attributesOf({ type: 'cut-short', message })}/>\n    </testcase>\n`,
      };
    });
  }
  return Object.entries(step.variants).map(([name, variant]) => {
    return variantCase(classname, step, name, variant);
  });
}

function variantCase(classname: string, step: StepReport, name: string, variant: VariantReport): Case {
  const attributes = attributesOf({
    classname,
    name: `${name}: ${variant.expected}`,
    time: seconds(variant.converged_ms ?? 0),
  });
  const body = (tag: 'error' | 'failure', type: string, message: string) =>
    `    <testcase${attributes}>\n      <${tag}${attributesOf({ type, message })}>${escapeXml(explainVariant(step, variant))}</${tag}>\n    </testcase>\n`;
  if (step.fault.bit !== true) {
    return {
      outcome: 'error',
      xml: body('error', 'did-not-bite', `the fault had no effect: ${step.fault.evidence.text}`),
    };
  }
  if (variant.verdict === 'UNKNOWN') {
    return { outcome: 'error', xml: body('error', 'not-judged', variant.seen) };
  }
  if (!variant.met) {
    const message = `expected ${variant.expected}, seen ${variant.seen}`;
    return { outcome: 'failed', xml: body('failure', 'not-as-expected', message) };
  }
  const during = variant.during === undefined ? '' : `, while the fault was in: ${variant.during.seen}`;
  const output = `expected ${variant.expected}, seen ${variant.seen}${during}`;
  return {
    outcome: 'passed',
    xml: `    <testcase${attributes}>\n      <system-out>${escapeXml(output)}</system-out>\n    </testcase>\n`,
  };
}

function explainVariant(step: StepReport, variant: VariantReport): string {
  const lines = [
    `expected: ${variant.expected}`,
    ...(variant.during === undefined ? [] : [`during:   ${variant.during.seen}`]),
    `seen:     ${variant.seen}`,
    `fault:    ${step.fault.kind}: ${step.fault.evidence.text}`,
  ];
  if (variant.reason !== undefined) lines.push(`reason:   ${variant.reason}`);
  if (variant.converged_ms !== null) lines.push(`converged after ${duration(variant.converged_ms)}`);
  for (const example of variant.examples) {
    const where = [example.table, example.key === undefined ? undefined : `key ${keyText(example.key)}`];
    lines.push('', [`${example.anomaly}:`, ...where.filter((part) => part !== undefined), example.detail].join(' '));
    if (example.source !== undefined) lines.push(`  source: ${JSON.stringify(example.source)}`);
    for (const row of example.sink ?? []) lines.push(`  sink:   ${JSON.stringify(row)}`);
  }
  for (const cause of variant.causes)
    lines.push('', ...causeLines(cause).map((line, index) => (index === 0 ? `why:      ${line}` : `  ${line}`)));
  return lines.join('\n');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributesOf(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

// XML 1.0 has no way to write the other control characters, lone surrogates, U+FFFE or U+FFFF, not even escaped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text as it may stand in an element or in a quoted attribute; what XML cannot carry becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
