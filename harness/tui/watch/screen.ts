import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { createElement as h } from 'react';
import { anomalyLines } from './anomalies.ts';
import { anomalyScreen } from './anomaly.ts';
import { faultLines, faultLinesWanted } from './faults.ts';
import { bannerLines, headerLine, linkLines } from './header.ts';
import { helpScreen } from './help.ts';
import { hopLines } from './hops.ts';
import { matrixLines } from './matrix.ts';
import { faultUnderWay } from './state.ts';
import { trendLines } from './trends.ts';
import type { View } from './view.ts';

/** From this height on there is room between the parts. */
const ROOMY_ROWS = 30;
const ANOMALIES_MIN = 3;
const VARIANTS_MIN = 3;
const PAST_FAULTS_MAX = 5;

/** The screen as lines, at most one fewer than the terminal has; longer than it is wide they are cut. */
export function screenLines(view: View): string[] {
  return linesOf(view).slice(0, Math.max(1, view.rows - 1));
}

function linesOf(view: View): string[] {
  if (view.ui.screen === 'help') return helpScreen(view);
  if (view.ui.screen === 'anomaly') return anomalyScreen(view);
  return view.state.report === undefined ? seekingLines(view) : overviewLines(view);
}

function seekingLines(view: View): string[] {
  const { state, paint } = view;
  const why = linkLines(view);
  return [
    headerLine(view),
    '',
    ...(why.length > 0 ? why : [`asking ${state.address} how the lab is`]),
    '',
    paint('dim', 'this waits until there is one; q leaves'),
  ];
}

/** What is always there takes its lines first; variants, faults and anomalies share the rest. */
function overviewLines(view: View): string[] {
  const { rows, state } = view;
  const gap = rows >= ROOMY_ROWS ? [''] : [];
  const banner = bannerLines(view);
  const top = [headerLine(view), ...banner, ...gap, ...hopLines(view), ...gap, ...trendLines(view), ...gap];
  const keys = keyLine(view);
  const faultsMin = faultLinesWanted(view);
  const free = rows - 1 - top.length - 2 - 1 - 2 * gap.length - faultsMin;
  const variants = Math.max(VARIANTS_MIN, Math.min(state.report?.variants.length ?? 0, free - ANOMALIES_MIN));
  const matrix = matrixLines(view, variants);
  const spare = free - (matrix.length - 2) - ANOMALIES_MIN;
  const past = Math.max(0, Math.min(PAST_FAULTS_MAX, Math.floor(spare / 3)));
  const faults = faultLines(view, faultsMin + past);
  const used = top.length + matrix.length + faults.length + 1 + 2 * gap.length;
  const anomalies = anomalyLines(view, Math.max(1, rows - 1 - used));
  const above = [...top, ...matrix, ...gap, ...faults, ...gap, ...anomalies];
  // The keys stay at the bottom, whatever has to go, and however little there is.
  const room = Math.max(0, rows - 2);
  const blank = Array.from({ length: Math.max(0, room - above.length) }, () => '');
  return [...above.slice(0, room), ...blank, keys];
}

function keyLine({ state, ui, paint }: View): string {
  const heal = faultUnderWay(state.report)?.state === 'injecting' ? 'x heal  ' : '';
  const writers = state.report?.writers.state === 'paused' ? 'p resume' : 'p pause';
  const move = ui.focus === 'variants' ? '↑↓ variant  Tab anomalies' : '↑↓ Enter open  Tab variants';
  return paint('dim', `f fault  ${heal}${writers}  ${move}  ? help  q quit`);
}

/** The screen, drawn: nothing of it wraps. */
export function Screen({ lines }: { readonly lines: readonly string[] }): ReactNode {
  return h(
    Box,
    { flexDirection: 'column' },
    // A line's place is its name: what stands there changes, the place does not.
    lines.map((line, index) => h(Text, { key: index, wrap: 'truncate-end' }, line === '' ? ' ' : line)),
  );
}
