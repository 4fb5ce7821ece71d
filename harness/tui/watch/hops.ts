import type { LabVariant } from '#contracts/lab-report.ts';
import type { LabConnector, LabLags, LabNode } from '#contracts/lab-stack.ts';
import { serviceName } from '#model/stack.ts';
import { count } from '#report/words.ts';
import { left, widthOf } from '../fit.ts';
import { chosenVariant } from './keys.ts';
import type { WatchState } from './state.ts';
import { signOf, type View } from './view.ts';

/** One place on the way from the source to the sink. */
interface Hop {
  readonly name: string;
  /** Whose it is, where each variant has its own. */
  readonly of?: string | undefined;
  /** Its own word for how it is. */
  readonly health: string;
  /** How far it has come, in its own unit. */
  readonly position: string;
}

const ARROW = '─▶ ';
const NO_ARROW = '   ';

/** The pipeline as a row: each hop's name, health and position. Three lines. */
export function hopLines({ state, ui, columns, paint }: View): string[] {
  const hops = hopsOf(state, chosenVariant(ui, state));
  const width = Math.min(24, Math.floor((columns - ARROW.length * (hops.length - 1)) / hops.length));
  const cell = (text: string) => left(text, width);
  return [
    hops.map(({ name, of }) => paint('strong', cell(nameText(name, of, width)))).join(NO_ARROW),
    hops.map(({ health }) => paint(signOf(health).tone, cell(`${signOf(health).mark} ${health}`))).join(ARROW),
    hops.map(({ position }) => cell(position)).join(NO_ARROW),
  ];
}

function nameText(name: string, of: string | undefined, width: number): string {
  const full = of === undefined ? name : `${name} ${of}`;
  return widthOf(full) <= width ? full : name;
}

function hopsOf(state: WatchState, chosen: string | undefined): Hop[] {
  const { report, lags } = state;
  const variant = report?.variants.find((one) => one.variant === chosen);
  const group = lags?.groups.find((one) => one.variant === chosen);
  return [
    { name: 'source', health: nodeWord(state, 'source'), position: report?.cut_lsn ?? '' },
    { name: 'Debezium', ...captureOf(state) },
    { name: 'Kafka', health: nodeWord(state, 'broker'), position: ended(group) },
    { name: 'applier', of: chosen, health: variant?.consumer ?? 'unknown', position: applied(group) },
    { name: 'sink', of: chosen, health: nodeWord(state, 'sink'), position: rowsOf(variant) },
  ];
}

/** The state of a service's node; of several, of the first that does not run. */
function nodeWord({ stack }: WatchState, service: string): string {
  const nodes: readonly LabNode[] = stack?.nodes.filter(({ name }) => serviceName(name) === service) ?? [];
  return (nodes.find(({ state }) => state !== 'running') ?? nodes[0])?.state ?? 'unknown';
}

/**
 * The source connector: its worker's word where that does not run, else its own, else that of its first bad task; and how
 * far it has come in the source's log, or which of its tasks run where not all do.
 */
function captureOf(state: WatchState): Pick<Hop, 'health' | 'position'> {
  const worker = nodeWord(state, 'connect');
  const connector = state.connectors?.connectors.find(({ type }) => type === 'source');
  if (worker !== 'running' || connector === undefined) return { health: worker, position: 'Connect worker' };
  const whole = connector.tasks.every(({ state }) => state === 'RUNNING');
  const position = (whole ? connector.captured_lsn : null) ?? tasksText(connector);
  return { health: connectorWord(connector), position };
}

function connectorWord({ state, tasks }: LabConnector): string {
  const bad = tasks.find((task) => task.state !== 'RUNNING');
  return (state === 'RUNNING' && bad !== undefined ? bad.state : state).toLowerCase();
}

function tasksText({ tasks }: LabConnector): string {
  const running = tasks.filter(({ state }) => state === 'RUNNING').length;
  return `${running} of ${tasks.length} task${tasks.length === 1 ? '' : 's'}`;
}

type Group = LabLags['groups'][number] | undefined;

function ended(group: Group): string {
  if (group === undefined) return '';
  return `end ${count(group.partitions.reduce((sum, { end }) => sum + Number(end), 0))}`;
}

function applied(group: Group): string {
  if (group === undefined) return '';
  return `at ${count(group.partitions.reduce((sum, { committed }) => sum + Number(committed), 0))}`;
}

function rowsOf(variant: LabVariant | undefined): string {
  if (variant === undefined || variant.tables.length === 0) return '';
  return `${count(variant.tables.reduce((sum, { sink_rows }) => sum + sink_rows, 0))} rows`;
}
