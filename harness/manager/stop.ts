import { engineOfUrl } from '#engines/index.ts';
import { OperatorError, reworded } from '#std/errors.ts';
import { applierGroup, connectorNames, openConnectors, removeConnectors, stopConnectors } from './connectors.ts';
import { addressesOf, requireSide, sourceAddressOf } from './ends.ts';
import { addressesIn, type Here, withVaulted } from './here.ts';
import { isCarriedHere, type Pipeline } from './pipeline.ts';
import type { HeldPipeline } from './state/hold.ts';

export interface StopOptions extends Here {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Stops a pipeline's connectors; its slot keeps the source's log until it is started again. */
export async function stopPipeline(held: HeldPipeline, { say, signal, ...asked }: StopOptions): Promise<void> {
  const { definition, mark, row } = await held.read();
  if (definition.cdc !== undefined && row.debezium_connector_name !== null) {
    const here = await withVaulted(asked, addressesIn(definition), signal);
    await stopConnectors(openConnectors(definition.cdc, here), mark, signal);
    await held.change({ cdc_status: 'STOPPED' });
    const { source, sink } = connectorNames(mark);
    const names = isCarriedHere(definition) ? [source] : [source, sink];
    const keeps = engineOfUrl(sourceAddressOf(definition, here).url).stream?.keeps(mark);
    say(`${names.join(', ')}: STOPPED; ${keeps}`);
  }
  await held.change({ status: 'STOPPED' });
}

/** Deletes a pipeline with what it has made at servers, all of which bears its mark. The target's tables stay. */
export async function removePipeline(held: HeldPipeline, options: StopOptions): Promise<void> {
  const pipeline = await held.read();
  const { definition, row } = pipeline;
  if (definition.cdc !== undefined && row.status !== 'CREATED') {
    try {
      await removeMade(held, pipeline, options);
    } catch (error) {
      throw error instanceof OperatorError && !options.signal.aborted ? notRemoved(error, definition.name) : error;
    }
  }
  await held.remove();
}

async function removeMade(
  held: HeldPipeline,
  { definition, mark, row }: Pipeline,
  { say, signal, ...asked }: StopOptions,
): Promise<void> {
  const here = await withVaulted(asked, addressesIn(definition), signal);
  if (definition.cdc !== undefined && row.debezium_connector_name !== null) {
    await removeConnectors(openConnectors(definition.cdc, here), mark, signal);
    await held.change({ cdc_status: 'STOPPED', debezium_connector_name: null, sink_connector_name: null });
    say(`removed: the connectors, topics and consumer group of ${mark}`);
    if (definition.cdc.sink === 'applier') await forgetPositions(definition, { mark, signal, here });
  }
  const { url } = sourceAddressOf(definition, here);
  await requireSide('source', url, signal);
  const dropped = await engineOfUrl(url).stream?.drop(url, mark);
  if (dropped !== undefined) say(`removed: ${dropped}`);
}

/** What the built-in applier keeps in the target beside the rows. */
async function forgetPositions(
  definition: Pipeline['definition'],
  { mark, signal, here }: { readonly mark: string; readonly signal: AbortSignal; readonly here: Here },
): Promise<void> {
  const { target: url } = addressesOf(definition, here).urls;
  await requireSide('target', url, signal);
  await using sink = engineOfUrl(url).sink.open({ url, consumer: applierGroup(mark) });
  await sink.prepare();
  await sink.forgetConsumer();
}

/** Where a server is gone for good, there is another way. */
function notRemoved(error: OperatorError, name: string): OperatorError {
  const forget = `driftlab pipeline delete ${name} --forget takes it out of the state alone`;
  return reworded(error, error.message, 1, error.hint === undefined ? forget : `${error.hint}; ${forget}`);
}

/** Takes a pipeline out of the state alone, and says what stays at servers. */
export async function forgetPipeline(held: HeldPipeline, { say }: StopOptions): Promise<void> {
  const { definition, mark, row } = await held.read();
  if (definition.cdc !== undefined && row.status !== 'CREATED')
    say(
      `left, if they were made: connectors, topics, slot and publication whose names begin with ${mark}; a slot keeps the source's log until it is dropped`,
    );
  await held.remove();
}
