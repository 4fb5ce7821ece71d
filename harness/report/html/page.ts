import { buildMatrix } from '../matrix.ts';
import type { NoteReport, Report } from '../report.ts';
import { duration, verdictText } from '../words.ts';
import { chartsSection } from './chart.ts';
import type { Markup } from './markup.ts';
import { markup } from './markup.ts';
import { matrixCard } from './matrix.ts';
import { modesSection, verdictBadge } from './modes.ts';
import { STYLE } from './style.ts';
import { subjectSection } from './subject.ts';

/**
 * report.html: one file with everything in it. It runs no script and loads nothing, and its own policy forbids both, so
 * what a database's values hold can do no harm.
 */
export function html(report: Report): string {
  const style: Markup = { html: STYLE };
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark"><title>${report.verdict}: ${report.scenario}, seed ${report.seed}</title>
<style>${style}</style></head><body>
${top(report)}
<main>${subjectSection(report)}${matrixCard(report)}${chartsSection(report)}${modesSection(report)}${notes(report.notes)}</main>
${bottom(report)}</body></html>
`;
  return page.html;
}

function top(report: Report): Markup {
  return markup`<header class="top"><div class="headline">${verdictBadge(report.verdict, false)}<h1>${report.title}</h1></div>
<p>${verdictText(report)}</p>
${report.reason !== undefined && markup`<p class="card early"><b>Ended early.</b> ${report.reason}</p>`}
<ul class="tiles">${tiles(report)}</ul>
<p class="soft">Run it again:</p><pre class="command"><code>${report.replay}</code></pre></header>`;
}

function tiles(report: Report): Markup[] {
  const rows = buildMatrix(report).rows;
  const cells = rows.flatMap((row) => row.cells.filter(({ mark }) => mark !== 'absent'));
  const met = cells.filter(({ mark }) => mark === 'met').length;
  const bit = rows.filter((row) => row.bit === true).length;
  const tile = (figure: string, text: string) => markup`<li><strong>${figure}</strong><span>${text}</span></li>`;
  return [
    tile(`${met} of ${cells.length}`, 'shown as expected'),
    tile(`${bit} of ${rows.length}`, 'faults that took effect'),
    tile(
      duration(report.duration_ms),
      report.boot_ms === null ? 'in all' : `in all, ${duration(report.boot_ms)} to start`,
    ),
    tile(String(report.seed), 'seed'),
    tile(`${report.options.rate}/s`, `transactions, faults held ${duration(report.options.hold_ms)}`),
  ];
}

function notes(all: readonly NoteReport[]): Markup | undefined {
  if (all.length === 0) return undefined;
  return markup`<section aria-labelledby="notes"><h2 id="notes">Notes</h2><div class="card scroll"><table>
<thead><tr><th scope="col" class="number">at</th><th scope="col">level</th><th scope="col">note</th></tr></thead>
<tbody>${all.map(
    ({ at_ms, level, text }) =>
      markup`<tr><td class="number nowrap">${duration(at_ms)}</td><td>${level}</td><td>${text}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function bottom(report: Report): Markup {
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  return markup`<footer>Run <code>${report.run}</code>, started ${report.started_at}. ${versions.join(', ')}.</footer>`;
}
