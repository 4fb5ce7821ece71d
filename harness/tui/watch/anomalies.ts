import type { LabFinding } from '#contracts/lab-report.ts';
import { toneOf } from '#report/text.ts';
import { anomaliesText, keyText } from '#report/words.ts';
import { visible } from '#std/visible.ts';
import { cut, left } from '../fit.ts';
import type { Found } from './found.ts';
import { stands } from './found.ts';
import { chosenFound, chosenVariant, shownFound } from './keys.ts';
import { clock, shortTable, type View } from './view.ts';

const VARIANT = 13;
const CLASS = 13;

/** What was found, newest first: when, in which variant, what, which key, and what is wrong. `lines` in all. */
export function anomalyLines(view: View, lines: number): string[] {
  const { state, ui, paint } = view;
  const list = shownFound(ui, state);
  const why = whyLine(view);
  const room = Math.max(0, lines - 1 - why.length);
  const chosen = chosenFound(ui, state);
  const at = chosen === undefined ? 0 : list.indexOf(chosen);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), list.length - room));
  const shown = list.slice(first, first + room);
  return [
    heading(view, list.length),
    ...why,
    ...shown.map((found) => {
      const text = lineText(found, view);
      const marked = found === chosen && ui.focus === 'anomalies' ? `▶ ${text}` : `  ${text}`;
      return stands(found, state.report) ? marked : paint('dim', marked);
    }),
  ].slice(0, Math.max(0, lines));
}

function heading({ state, ui, paint }: View, listed: number): string {
  const name = chosenVariant(ui, state);
  const variant = state.report?.variants.find((one) => one.variant === name);
  if (variant === undefined) return paint('dim', 'anomalies');
  const counts = anomaliesText(variant.anomalies);
  const reason = variant.reason === undefined ? '' : ` · ${visible(variant.reason)}`;
  const said = counts === '' ? 'none' : counts;
  const whose = ui.only ? `of ${name} only` : 'newest first';
  const head = listed === 0 ? 'anomalies' : `anomalies (${whose})`;
  return `${paint('dim', head)}  ${name}: ${paint(toneOf(variant.status), said)}${reason}`;
}

/** The first cause of what the chosen variant shows; the screen of an anomaly has them all. */
function whyLine({ state, ui, columns, paint }: View): string[] {
  const name = chosenVariant(ui, state);
  const [cause] = state.report?.variants.find((one) => one.variant === name)?.causes ?? [];
  return cause === undefined ? [] : [paint('odd', cut(`why: ${visible(cause.says)} [${cause.code}]`, columns))];
}

function lineText(found: Found, { state, paint }: View): string {
  const { finding, variant } = found;
  const mended = stands(found, state.report) ? '' : 'fixed since: ';
  const detail = `${mended}${whereText(finding)}${visible(finding.detail)}`;
  const when = clock(Date.parse(finding.found_at));
  return `${paint('dim', when)} ${left(variant, VARIANT)} ${left(finding.anomaly, CLASS)} ${detail}`;
}

/** `invoices 17: ` */
function whereText({ table, key, column }: LabFinding): string {
  if (table === undefined) return '';
  const where = [shortTable(table), key === undefined ? (column ?? '') : visible(keyText(key))];
  return `${where.join(' ').trimEnd()}: `;
}
