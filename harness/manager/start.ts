import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { openConnectors } from './connectors.ts';
import { addressesOf, type Ends, openEnds } from './ends.ts';
import type { Definition, OnExisting, Pipeline } from './pipeline.ts';
import { planTables } from './plan.ts';
import { concealed } from './references.ts';
import type { Stage } from './stage.ts';
import { connectorsStage } from './stage-connectors.ts';
import { loadStage } from './stage-load.ts';
import { schemaStage } from './stage-schema.ts';
import type { HeldPipeline } from './state/hold.ts';
import type { RowChange } from './state/rows.ts';

export interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  /** In place of what the pipeline was created with, from now on. */
  readonly onExisting?: OnExisting | undefined;
  /** Connections to each end that a load uses at once. */
  readonly jobs: number;
  /** Told of each step: `Step 1: …`. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** In their order. */
function stagesOf({ cdc }: Definition): readonly Stage[] {
  return cdc === undefined ? [schemaStage, loadStage] : [schemaStage, loadStage, connectorsStage];
}

/**
 * Brings a pipeline up, from wherever an earlier manager left it. Throws what a stage throws, as an OperatorError without any
 * secret; the same words are then in `last_error`.
 */
export async function startPipeline(held: HeldPipeline, options: StartOptions): Promise<Pipeline> {
  const before = await held.read();
  const onExisting = options.onExisting ?? before.definition.onExisting;
  const definition = { ...before.definition, onExisting };
  if (onExisting !== before.definition.onExisting) await held.changeDefinition({ onExisting });
  await held.change({ status: 'STARTING' });
  let secrets: readonly string[] = [];
  let current: Stage | undefined;
  const say = (text: string): void => options.say(concealed(`${current?.title ?? 'Start'}: ${text}`, secrets));
  try {
    const addresses = addressesOf(definition, options.env);
    const connectors = definition.cdc && openConnectors(definition.cdc, options.env);
    secrets = [...addresses.secrets, ...(connectors?.secrets ?? [])];
    const open = {
      application: `driftlab pipeline ${definition.name}`,
      connections: options.jobs + 2,
      signal: options.signal,
    };
    current = schemaStage;
    await using ends = await openEnds(addresses.urls, open);
    requireStreaming(definition, ends);
    const tables = await planTables(definition, ends);
    for (const stage of stagesOf(definition)) {
      current = stage;
      const pipeline = { ...(await held.read()), definition };
      if (stage.isUp(pipeline)) {
        say('done before');
        continue;
      }
      const { urls } = addresses;
      const { jobs, signal } = options;
      const more = connectors === undefined ? {} : { connectors };
      await stage.up({ held, pipeline, urls, ends, tables, jobs, say, signal, ...more });
    }
    await held.change({ status: definition.cdc === undefined ? 'COMPLETED' : 'RUNNING', last_error: null });
  } catch (error) {
    throw await failed(held, error, { stage: current, secrets, interrupted: options.signal.aborted });
  }
  return held.read();
}

/** Throws an OperatorError for a source that nothing can be streamed from. */
function requireStreaming({ mode }: Definition, { source: { engine } }: Ends): void {
  if (mode === 'full_load_only' || engine.bulk !== undefined) return;
  throw new OperatorError({
    code: 'no-stream',
    message: `changes of ${engine.title} cannot be carried on from a full load yet`,
    expected: 'a source of PostgreSQL, or the mode full_load_only',
    found: `${engine.title}, ${mode}`,
    exit: 1,
  });
}

async function failed(
  held: HeldPipeline,
  error: unknown,
  {
    stage,
    secrets,
    interrupted,
  }: { readonly stage: Stage | undefined; readonly secrets: readonly string[]; readonly interrupted: boolean },
): Promise<unknown> {
  // Whoever holds the pipeline by now says what it is.
  if (error instanceof OperatorError && error.code === 'hold-lost') return error;
  // Where the state cannot be written any more, why the stage failed is still what matters.
  const note = (change: RowChange) => held.change(change).catch(() => {});
  if (interrupted) {
    await note({ status: 'STOPPED' });
    return error;
  }
  const told = asOperatorError(error, stage, secrets);
  const words = explain(told)
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.trim().replace(/: +/, ': '));
  await note({ status: 'ERROR', ...stage?.failure, last_error: words.join('; ') });
  return told;
}

/** What was thrown with the step's name before it, and no secret in it. */
function asOperatorError(error: unknown, stage: Stage | undefined, secrets: readonly string[]): OperatorError {
  const hide = (text: string) => concealed(text, secrets);
  const title = stage === undefined ? '' : `${stage.title}: `;
  if (!(error instanceof OperatorError)) {
    const message = `${title}${hide(messageOf(error))}`;
    return new OperatorError({ code: 'stage-failed', message, cause: error, exit: 1 });
  }
  const { code, hint, expected, found, waited, exit } = error;
  // A task's trace is as long as Java's are; its cause is in the message.
  const shown = code === 'connector-failed' ? undefined : found;
  const given = Object.entries({ hint, expected, found: shown }).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, hide(text)]],
  );
  const message = `${title}${hide(error.message)}`;
  return new OperatorError({
    ...{ code, message, exit, cause: error },
    ...(Object.fromEntries(given) as object),
    ...(waited === undefined ? {} : { waited }),
  });
}
