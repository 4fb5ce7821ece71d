import { failureOf } from '#clients/connect.ts';
import { answered, connectorNames, openConnectors } from './connectors.ts';
import { type Here, withVaulted } from './here.ts';
import { isCarriedHere, type Pipeline } from './pipeline.ts';
import { concealed } from './references.ts';
import type { HeldPipeline } from './state/hold.ts';
import type { RowChange } from './state/rows.ts';

interface Asking extends Here {
  readonly signal: AbortSignal;
}

/** Asks the connectors of a pipeline that runs how they are, and keeps what they say. */
export async function refreshPipeline(held: HeldPipeline, asking: Asking): Promise<Pipeline> {
  const change = await connectorsChange(await held.read(), asking);
  if (change !== undefined) await held.change(change);
  return held.read();
}

/**
 * What the connectors of a pipeline on which no manager works say and its row does not, without any secret; undefined where
 * nothing is new.
 */
export async function connectorsChange(
  { definition, mark, row }: Pipeline,
  { signal, ...here }: Asking,
): Promise<RowChange | undefined> {
  if (definition.cdc === undefined) return undefined;
  if (row.cdc_status !== 'RUNNING' && row.cdc_status !== 'ERROR') return undefined;
  // A manager carries the changes itself: whoever asks holds the pipeline, or knows that nobody does.
  if (isCarriedHere(definition))
    return row.cdc_status === 'RUNNING' ? { status: 'STOPPED', cdc_status: 'STOPPED' } : undefined;
  const { connect, sinkConnect } = definition.cdc;
  const cdc = openConnectors(definition.cdc, await withVaulted(here, [...connect, ...sinkConnect], signal));
  const names = connectorNames(mark);
  const [source, sink] = await Promise.all([
    answered(cdc.source.status(names.source, signal)),
    answered(cdc.sink.status(names.sink, signal)),
  ]);
  const failures = [source, sink].flatMap((status) => {
    const failure = status === undefined ? undefined : failureOf(status);
    return status === undefined || failure === undefined ? [] : [`${status.name}: ${failure.error}`];
  });
  const states = [source, sink].map((status) => status?.connector.state ?? 'not there');
  const change = changeFor(failures, states);
  const error = change?.last_error == null ? null : concealed(change.last_error, cdc.secrets);
  const news = change !== undefined && (change.status !== row.status || error !== row.last_error);
  return news ? { ...change, last_error: error } : undefined;
}

/** Nothing is changed by a connector that is on its way from one state to another. */
function changeFor(failures: readonly string[], states: readonly string[]): RowChange | undefined {
  const failed = (error: string): RowChange => ({ status: 'ERROR', cdc_status: 'ERROR', last_error: error });
  if (failures.length > 0) return failed(failures.join('; '));
  if (states.includes('not there')) return failed(`of the two connectors one is ${states.join(' and one is ')}`);
  if (states.every((state) => state === 'RUNNING'))
    return { status: 'RUNNING', cdc_status: 'RUNNING', last_error: null };
  return undefined;
}
