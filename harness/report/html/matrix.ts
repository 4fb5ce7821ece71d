import type { Matrix, MatrixCell, MatrixRow } from '../matrix.ts';
import { buildMatrix } from '../matrix.ts';
import type { Report } from '../report.ts';
import { skippedLines } from '../words.ts';
import type { Markup } from './markup.ts';
import { anchor, markup } from './markup.ts';

/** Failure modes × variants. The fill says what became of the data, the sign whether that was expected. */
export function matrixCard(report: Report): Markup {
  const matrix = buildMatrix(report);
  return markup`<section aria-labelledby="matrix">
<h2 id="matrix">What each variant showed</h2>
${matrix.rows.length > 0 && tableOf(matrix)}${skippedPart(report)}</section>`;
}

function tableOf(matrix: Matrix): Markup {
  return markup`<div class="card scroll"><table class="matrix">
<caption class="visually-hidden">Failure modes by pipeline variants: what was seen, and what was expected</caption>
<thead><tr><th scope="col">Failure mode</th>${matrix.variants.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${matrix.rows.map((row) => rowOf(row, matrix.variants))}</tbody>
</table>${LEGEND}</div>`;
}

function skippedPart({ skipped }: Report): Markup | undefined {
  if (skipped.length === 0) return undefined;
  return markup`<h3>Skipped</h3><div class="card scroll"><table>
<thead><tr><th scope="col">failure mode</th><th scope="col">why</th></tr></thead>
<tbody>${skippedLines(skipped).map(({ name, why }) => markup`<tr><th scope="row">${name}</th><td>${why}</td></tr>`)}</tbody></table></div>`;
}

function rowOf(row: MatrixRow, variants: readonly string[]): Markup {
  const bite =
    row.bit === false
      ? markup` <span class="verdict small odd">! the fault had no effect</span>`
      : row.bit === null
        ? markup` <span class="verdict small none">not judged</span>`
        : undefined;
  return markup`<tr><th scope="row"><b><a href="#${anchor('mode', row.mode, row.step.id)}">${row.name}</a></b>${row.title}${bite}</th>${row.cells.map(
    (cell, index) => cellOf(row, cell, variants[index] ?? ''),
  )}</tr>`;
}

function cellOf(row: MatrixRow, cell: MatrixCell, name: string): Markup {
  if (cell.mark === 'absent') {
    return markup`<td class="absent"><span aria-hidden="true">–</span><span class="visually-hidden">not part of this mode</span></td>`;
  }
  const { sign, tone, word } = lookOf(cell);
  const wanted = cell.expected === '' ? undefined : markup`<small>expected: ${cell.expected}</small>`;
  const meanwhile = cell.during === undefined ? undefined : markup`<small>during: ${cell.during}</small>`;
  const inside = markup`<b><span class="sign ${tone}" aria-hidden="true">${sign}</span><span class="visually-hidden">${word}: </span>${cell.seen}</b>${wanted}${meanwhile}`;
  const target =
    cell.variant === undefined ? anchor('mode', row.mode, row.step.id) : anchor('mode', row.mode, row.step.id, name);
  return markup`<td class="${tone}${cell.mark === 'unjudged' ? ' hatched' : ''}"><a href="#${target}">${inside}</a></td>`;
}

function lookOf({ mark, variant }: MatrixCell): {
  readonly sign: string;
  readonly tone: string;
  readonly word: string;
} {
  if (mark === 'unjudged') return { sign: '?', tone: 'none', word: 'could not be judged' };
  if (mark === 'unmet') return { sign: '✗', tone: 'bad', word: 'not as expected' };
  const broke = variant?.verdict !== 'PASS';
  return { sign: '✓', tone: broke ? 'odd' : 'good', word: broke ? 'breaks, as expected' : 'converges, as expected' };
}

const LEGEND = markup`<ul class="legend">
<li><i class="good">✓</i>converges, as expected</li>
<li><i class="odd">✓</i>breaks, as expected</li>
<li><i class="bad">✗</i>not as expected</li>
<li><i class="none">?</i>could not be judged</li>
<li><i>–</i>not part of this mode</li>
</ul>`;
