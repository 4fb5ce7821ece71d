import type { ToldFinding } from '#model/finding.ts';
import type { Verdict } from '#model/verdict.ts';
import { markOf } from '../matrix.ts';
import type { FaultReport, ModeReport, Report, StepReport, VariantReport } from '../report.ts';
import { count, duration, figureText, refusalLines, sentence } from '../words.ts';
import { causePart, findingPart } from './findings.ts';
import type { Markup } from './markup.ts';
import { anchor, markup } from './markup.ts';

export function verdictBadge(verdict: Verdict, small = true): Markup {
  const tone = verdict === 'PASS' ? 'good' : verdict === 'FAIL' ? 'bad' : 'odd';
  return markup`<span class="verdict ${tone}${small ? ' small' : ''}">${verdict}</span>`;
}

export function modesSection(report: Report): Markup | undefined {
  if (report.modes.length === 0) return undefined;
  return markup`<section aria-labelledby="modes"><h2 id="modes">Failure modes, one by one</h2>${report.modes.map(modeCard)}</section>`;
}

function modeCard(mode: ModeReport): Markup {
  const took = mode.duration_ms === null ? undefined : markup` <span class="soft">${duration(mode.duration_ms)}</span>`;
  return markup`<section class="card mode" id="${anchor('mode', mode.id)}">
<div class="head"><h3>${mode.title}</h3>${verdictBadge(mode.verdict)}<code class="soft">${mode.id}</code>${took}</div>
<p>${mode.story}</p>${mode.causes.map(causePart)}${mode.steps.map((step) => stepPart(mode, step))}</section>`;
}

function stepPart(mode: ModeReport, step: StepReport): Markup {
  const variants = Object.entries(step.variants);
  return markup`<div class="step" id="${anchor('mode', mode.id, step.id)}"><h4>${step.title}</h4>
${evidence(step.fault)}
${variants.length > 0 && variantsTable(mode, step, variants)}
${variants.map(([name, variant]) => examples(mode, step, name, variant))}</div>`;
}

function evidence({ kind, bit, evidence: { text, figures }, refused }: FaultReport): Markup {
  const [tone, word] =
    bit === true ? ['good', '✓ took effect'] : bit === false ? ['bad', '✗ had no effect'] : ['none', '? unknown'];
  return markup`<div class="evidence"><div><p><b>Fault</b> <code>${kind}</code> <span class="verdict small ${tone}">${word}</span></p><p>${sentence(text)}</p>${refusalLines(refused).map((line) => markup`<p>${sentence(line)}</p>`)}</div>
<dl>${Object.entries(figures).map(([name, figure]) => {
    const { label, text } = figureText(name, figure);
    return markup`<dt>${label}</dt><dd>${text}</dd>`;
  })}</dl></div>`;
}

function variantsTable(mode: ModeReport, step: StepReport, variants: readonly [string, VariantReport][]): Markup {
  return markup`<div class="scroll"><table>
<caption class="visually-hidden">${mode.title}: ${step.title}</caption>
<thead><tr><th scope="col">variant</th><th scope="col">expected</th><th scope="col">seen</th><th scope="col">verifier</th>
<th scope="col" class="number">converged after</th><th scope="col" class="number">source rows</th><th scope="col" class="number">sink rows</th></tr></thead>
<tbody>${variants.map(([name, variant]) => {
    const mark = markOf({ ...variant, bit: step.fault.bit });
    const [tone, sign] = mark === 'met' ? ['good', '✓'] : mark === 'unmet' ? ['bad', '✗'] : ['none', '?'];
    const rows = (side: 'source_rows' | 'sink_rows') => variant.tables.reduce((sum, table) => sum + table[side], 0);
    return markup`<tr id="${anchor('mode', mode.id, step.id, name)}"><th scope="row">${name}</th><td>${variant.expected}</td>
<td><span class="verdict small ${tone}">${sign}</span> ${variant.seen}${variant.reason !== undefined && markup`<br><span class="soft">${variant.reason}</span>`}</td>
<td>${verdictBadge(variant.verdict)}</td>
<td class="number nowrap">${variant.converged_ms === null ? 'never' : duration(variant.converged_ms)}</td>
<td class="number">${count(rows('source_rows'))}</td><td class="number">${count(rows('sink_rows'))}</td></tr>`;
  })}</tbody></table></div>`;
}

function examples(mode: ModeReport, step: StepReport, name: string, variant: VariantReport): Markup | undefined {
  if (variant.examples.length + variant.causes.length === 0) return undefined;
  const mark = markOf({ ...variant, bit: step.fault.bit });
  const shown = firstOfEach(variant.examples);
  const classes = Object.entries(variant.anomalies).map(([anomaly, found]) => `${anomaly} ${count(found)}`);
  // What was not expected must be seen without a click.
  return markup`<details${mark !== 'met' && markup` open`}><summary>${name}: ${classes.join(', ')}${mark === 'met' ? ', as expected' : ', not as expected'}</summary>
<div class="body">${variant.causes.map(causePart)}${shown.map(findingPart)}
<p class="soft">${mode.id}/${step.id}, ${name}: ${count(shown.length)} of ${count(Object.values(variant.anomalies).reduce((sum, found) => sum + found, 0))} anomalies shown${variant.examples.length > shown.length && '; report.json has more of them'}.</p></div></details>`;
}

/** Examples shown of each class: a few say what is wrong, all of them would bury it. */
const EXAMPLES_MAX = 3;

function firstOfEach(examples: readonly ToldFinding[]): ToldFinding[] {
  const seen = new Map<string, number>();
  return examples.filter(({ anomaly }) => {
    const before = seen.get(anomaly) ?? 0;
    seen.set(anomaly, before + 1);
    return before < EXAMPLES_MAX;
  });
}
