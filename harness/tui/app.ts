import { Box, Static, Text } from 'ink';
import type { ReactNode } from 'react';
import { createElement as h } from 'react';
import type { Paint, Tone } from '#report/text.ts';
import { toneOf } from '#report/text.ts';
import { anomaliesText, count, duration, plural } from '#report/words.ts';
import { stepLines } from './lines.ts';
import { progressBar, sparkline } from './sparkline.ts';
import type { Finished, ModeState, RunState, VariantState } from './state.ts';

export interface AppProps {
  readonly state: RunState;
  /** Ms since the epoch, as in the events. */
  readonly now: number;
  readonly columns: number;
  readonly paint: Paint;
}

/** A wait says its word once a second; after twice that it is over. */
const WAIT_STALE_MS = 2500;

/** A run as it goes on: what is finished as lines above, what goes on in place below. */
export function App(props: AppProps): ReactNode {
  const { state, paint } = props;
  const lines = state.finished.flatMap((finished) => finishedLines(finished, paint));
  return h(
    Box,
    { flexDirection: 'column' },
    h(Static<string>, {
      items: lines,
      // Nothing is ever taken out of the list, so a line's place is its name.
      // biome-ignore lint/correctness/noChildrenProp: Static's child is a function, which createElement takes for no child
      children: (line, index) => h(Text, { key: index }, line),
    }),
    state.ended ? null : h(Live, props),
  );
}

function finishedLines(finished: Finished, paint: Paint): string[] {
  switch (finished.kind) {
    case 'ready':
      return [`every server answers after ${duration(finished.tookMs)}`];
    case 'note':
      return [finished.level === 'info' ? finished.text : paint('odd', `${finished.level}: ${finished.text}`)];
    case 'step':
      return stepLines(finished.result, paint).map((line, index) => (index === 0 ? line : `  ${line}`));
  }
}

/** Everything that is drawn in place: at most 18 lines, so that it fits a terminal of 24. */
function Live(props: AppProps): ReactNode {
  const { state } = props;
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(Header, props),
    h(Modes, props),
    state.ready ? h(Activity, props) : h(Nodes, props),
    state.variants.length > 0 && h(Writers, props),
    state.variants.length > 0 && h(Variants, props),
    h(Line, null, props.paint('dim', 'Ctrl-C stops everything and keeps the report')),
  );
}

function Line({ children }: { readonly children?: ReactNode }): ReactNode {
  return h(Text, { wrap: 'truncate-end' }, children);
}

function Header({ state, now, paint }: AppProps): ReactNode {
  const elapsed = state.startedAt === undefined ? '' : ` · ${duration(Math.max(0, now - state.startedAt))}`;
  const seed = state.seed === undefined ? '' : ` · seed ${state.seed}`;
  return h(Line, null, `${paint('strong', state.scenario)}${seed} · ${state.rate} tx/s${elapsed}`);
}

function Modes({ state, paint }: AppProps): ReactNode {
  return h(Line, null, state.modes.map((mode) => modeText(mode, paint)).join('  '));
}

function modeText({ id, progress, verdict }: ModeState, paint: Paint): string {
  if (progress === 'waiting') return paint('dim', `· ${id}`);
  if (progress === 'running') return paint('strong', `▶ ${id}`);
  const good = verdict === 'PASS';
  return `${paint(toneOf(verdict ?? 'UNKNOWN'), `${good ? '✓' : verdict === 'FAIL' ? '✗' : '?'} ${id}`)}${good ? '' : ` ${verdict}`}`;
}

function Nodes(props: AppProps): ReactNode {
  const { state, paint } = props;
  const nodes = Object.entries(state.nodes).map(([name, node]) => {
    const tone: Tone = node === 'running' ? 'good' : node === 'failed' ? 'bad' : 'dim';
    return `${name} ${paint(tone, node)}`;
  });
  const text = nodes.length === 0 ? 'starting every server' : `servers  ${nodes.join(', ')}`;
  return h(Box, { marginTop: 1, flexDirection: 'column' }, h(Line, null, text), h(WaitLine, props));
}

/** What is being done, what is broken, and what is waited for: always three lines, so that nothing below jumps. */
function Activity(props: AppProps): ReactNode {
  const { state, now, paint } = props;
  const mode = state.modes.find(({ progress }) => progress === 'running');
  const where = [mode?.title, state.step?.title].filter((part) => part !== undefined).join(': ');
  const phase = state.phase === undefined ? '' : `${state.phase.name}: ${state.phase.text}`;
  const fault =
    state.fault === undefined
      ? paint('dim', 'none')
      : paint('odd', `${state.fault.kind}, in for ${duration(Math.max(0, now - state.fault.since))}`);
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(Line, null, paint('strong', where)),
    h(Line, null, `phase   ${phase}`),
    h(Line, null, `fault   ${fault}`),
    h(WaitLine, props),
  );
}

function WaitLine({ state: { wait }, now }: AppProps): ReactNode {
  if (wait === undefined || now - wait.at > WAIT_STALE_MS) return h(Line, null, ' ');
  const waited = wait.waitedMs + Math.max(0, now - wait.at);
  const saw = wait.saw === undefined ? '' : ` · ${wait.saw}`;
  const bar = progressBar(waited, wait.limitMs, 16);
  return h(Line, null, `wait    ${bar} ${seconds(waited)} of ${seconds(wait.limitMs)} s · ${wait.what}${saw}`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}

function Writers({ state, columns }: AppProps): ReactNode {
  const trend = sparkline(state.rates, Math.max(state.rate, ...state.rates), trendWidth(columns));
  const rate = `${count(state.transactionsPerSecond)} tx/s`.padEnd(10);
  return h(Box, { marginTop: 1 }, h(Line, null, `writes  ${rate} ${trend}  ${plural(state.committed, 'transaction')}`));
}

function trendWidth(columns: number): number {
  return Math.max(8, Math.min(40, columns - 72));
}

function Variants({ state, columns, paint }: AppProps): ReactNode {
  const name = Math.max(7, ...state.variants.map((variant) => variant.name.length));
  const width = trendWidth(columns);
  // One scale for all, so that they can be compared.
  const max = Math.max(1, ...state.variants.flatMap(({ history }) => history));
  const header = `${'variant'.padEnd(name)}  ${'lag, rec'.padStart(8)}  ${'lag'.padStart(7)}  ${'trend'.padEnd(width)}  in flight  verdict`;
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(Line, null, paint('dim', header)),
    ...state.variants.map((variant) =>
      h(Line, { key: variant.name }, variantText(variant, { name, width, max }, paint)),
    ),
  );
}

function variantText(
  variant: VariantState,
  { name, width, max }: { readonly name: number; readonly width: number; readonly max: number },
  paint: Paint,
): string {
  const { lag, verdict } = variant;
  const said = verdict === undefined ? paint('dim', 'not checked yet') : paint(toneOf(verdict), verdict);
  const more = [anomaliesText(variant.counts), variant.reason ?? ''].filter((part) => part !== '').join(', ');
  return [
    variant.name.padEnd(name),
    (lag === undefined ? '' : count(lag.records)).padStart(8),
    (lag === undefined ? '' : duration(lag.ms)).padStart(7),
    sparkline(variant.history, max, width).padEnd(width),
    count(variant.inFlight).padStart(9),
    `${said}${more === '' ? '' : ` ${more}`}`,
  ].join('  ');
}
