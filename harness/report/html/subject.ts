import type { Report } from '../report.ts';
import { count, duration } from '../words.ts';
import { type Markup, markup } from './markup.ts';

/** Does somebody's own pipeline survive, what to change, what was replaced, and what was not checked. */
export function subjectSection({ subject }: Report): Markup | undefined {
  if (subject === undefined) return undefined;
  const rows = subject.cells.map(
    (cell) => markup`<tr><td><code>${cell.fault}</code></td><th scope="row">${cell.subject}</th>
<td>${cell.survived === true ? 'PASS' : cell.seen}${cell.went_wrong.length > 0 && markup`<br><span class="soft">went wrong ${cell.went_wrong.join('; ')}</span>`}
${cell.change.map((one) => markup`<p><b>Why:</b> ${one}</p>`)}</td>
<td class="number nowrap">${cell.converged_ms === null ? 'never' : duration(cell.converged_ms)}</td>
<td class="number">${count(cell.replayed)}</td><td class="number nowrap">${duration(cell.longest_stall_ms)}</td></tr>`,
  );
  return markup`<section aria-labelledby="survive"><h2 id="survive">Does it survive</h2><div class="card scroll"><table>
<thead><tr><th scope="col">fault</th><th scope="col">subject</th><th scope="col">result</th><th scope="col" class="number">converged after</th>
<th scope="col" class="number">events replayed</th><th scope="col" class="number">longest stall</th></tr></thead>
<tbody>${rows}</tbody></table></div>
${
  subject.replaced.length > 0 &&
  markup`<h3>Replaced to run here</h3><div class="card scroll"><table>
<thead><tr><th scope="col">connector</th><th scope="col">property</th><th scope="col">yours</th><th scope="col">here</th></tr></thead>
<tbody>${subject.replaced.map(({ connector, property, theirs, here }) => markup`<tr><td>${connector}</td><td><code>${property}</code></td><td>${theirs ?? 'not set'}</td><td>${here ?? 'not set'}</td></tr>`)}</tbody></table></div>`
}
${subject.types.length > 0 && markup`<h3>Compared by value</h3><ul>${subject.types.map((one) => markup`<li>${one}</li>`)}</ul>`}
${subject.unchecked.length > 0 && markup`<h3>Not checked</h3><ul>${subject.unchecked.map((one) => markup`<li>${one}</li>`)}</ul>`}</section>`;
}
