import type { Cause } from '#model/cause.ts';
import type { Hop, ToldFinding } from '#model/finding.ts';
import type { Row, Text } from '#model/values.ts';
import { isBookkeeping } from '#model/values.ts';
import { anomalyTitle, causeLabels, hopText, keyText, positionText, sentence } from '../words.ts';
import type { Markup } from './markup.ts';
import { markup } from './markup.ts';

/** One anomaly: what was seen, at which hop, both rows side by side, and what to do. */
export function findingPart(example: ToldFinding): Markup {
  const { table, key, column } = example;
  return markup`<article class="finding">
<div class="head"><span class="verdict small bad">${anomalyTitle(example.anomaly)}</span><h4>${[
    table !== undefined && markup`<code>${table}</code> `,
    key !== undefined && markup`key <code>${keyText(key)}</code> `,
    column !== undefined && markup`column <code>${column}</code>`,
  ]}</h4></div>
<p>${sentence(example.detail)}</p>
${example.hop !== undefined && hops(example, example.hop)}
${rowsTable(example)}
</article>`;
}

/** Why: what is wrong, what was read, and what to change, each alone enough. */
export function causePart(cause: Cause): Markup {
  const { code, says, evidence, remedy, docs, certainty } = cause;
  const labels = causeLabels(cause);
  const list = (label: string, texts: readonly string[]) =>
    texts.length > 0 && markup`<p><b>${label}.</b></p><ul>${texts.map((one) => markup`<li>${one}</li>`)}</ul>`;
  return markup`<div class="advice"><p><b>Why.</b> ${says} <a class="docs" href="${docs}" rel="noreferrer"><code>${code}</code></a>${certainty === 'likely' && ', likely'}</p>
${list(labels.evidence, evidence)}${list(labels.remedy, remedy)}</div>`;
}

/** The way of the row, with the hop that broke it marked by a word and a sign. */
function hops({ anomaly, event, source, sink, copies }: ToldFinding, broken: Hop): Markup {
  const log =
    event === undefined
      ? 'log'
      : `log: ${event.op} at ${event.topic}/${event.partition}@${event.offset}${positionText(event)}`;
  const rows = copies ?? sink?.length ?? 0;
  const station = (text: string, bad: boolean) =>
    markup`<li${bad && markup` class="broken"`}>${bad && '✗ '}${text}</li>`;
  const arrow = (bad: boolean) =>
    bad ? markup`<li class="broken">✗ here →</li>` : markup`<li class="arrow" aria-hidden="true">→</li>`;
  return markup`<ul class="hops" aria-label="${`Went wrong ${hopText(broken, anomaly)}`}">
${station(source === undefined ? 'source: no row' : 'source: row', false)}${arrow(broken === 'source-to-log')}
${station(log, broken === 'log')}${arrow(broken === 'log-to-sink')}
${station(sink === undefined ? 'sink' : `sink: ${rows === 0 ? 'no row' : rows === 1 ? 'row' : `${rows} rows`}`, false)}</ul>`;
}

function rowsTable({ source, sink, differs }: ToldFinding): Markup | undefined {
  const sinks = sink ?? [];
  const columns = [...new Set([source, ...sinks].flatMap((row) => Object.keys(row ?? {})))]
    // What the lab itself writes beside a row helps to read it, and comes last.
    .sort((a, b) => Number(isBookkeeping(a)) - Number(isBookkeeping(b)));
  if (columns.length === 0) return undefined;
  const different = new Set(differs?.map(({ column }) => column));
  const names = sinks.length <= 1 ? ['sink'] : sinks.map((_, index) => `sink, row ${index + 1}`);
  return markup`<div class="scroll"><table class="rows">
<thead><tr><th scope="col"><span class="visually-hidden">differs</span></th><th scope="col">column</th><th scope="col">source</th>${names.map(
    (name) => markup`<th scope="col">${name}</th>`,
  )}</tr></thead>
<tbody>${columns.map((column, index) => {
    const marked = different.has(column);
    return markup`<tr${marked && markup` class="differs"`}><td>${marked && markup`<span aria-hidden="true">≠</span><span class="visually-hidden">differs</span>`}</td><th scope="row"><code>${column}</code></th>${side(
      source,
      column,
      index,
      columns.length,
      'the source has no such row',
    )}${
      sinks.length === 0
        ? side(undefined, column, index, columns.length, 'the sink has no such row')
        : sinks.map((row) => side(row, column, index, columns.length, ''))
    }</tr>`;
  })}</tbody></table></div>`;
}

/** One value; where the whole row is missing, one cell that says so takes the place of all. */
function side(row: Row | undefined, column: string, index: number, rows: number, absent: string): Markup | undefined {
  if (row !== undefined) return markup`<td>${value(row[column])}</td>`;
  return index === 0 ? markup`<td class="gone" rowspan="${rows}">${absent}</td>` : undefined;
}

function value(content: Text | undefined): Markup {
  if (content === undefined) return markup`<span class="null">no such column</span>`;
  if (content === null) return markup`<span class="null">NULL</span>`;
  return content === '' ? markup`<span class="null">empty text</span>` : markup`<code>${content}</code>`;
}
