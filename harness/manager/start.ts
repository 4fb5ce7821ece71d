import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { addressesOf, openEnds } from './ends.ts';
import type { Definition, OnExisting, Pipeline } from './pipeline.ts';
import { planTables } from './plan.ts';
import { concealed } from './references.ts';
import type { Stage } from './stage.ts';
import { loadStage } from './stage-load.ts';
import { schemaStage } from './stage-schema.ts';
import type { HeldPipeline } from './state/hold.ts';

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

const STAGES: readonly Stage[] = [schemaStage, loadStage];

/**
 * Brings a pipeline up, from wherever an earlier manager left it. Throws what a stage throws, as an OperatorError without any
 * secret; the same words are then in `last_error`.
 */
export async function startPipeline(held: HeldPipeline, options: StartOptions): Promise<Pipeline> {
  const before = await held.read();
  const onExisting = options.onExisting ?? before.definition.onExisting;
  const definition = { ...before.definition, onExisting };
  if (onExisting !== before.definition.onExisting) await held.changeDefinition({ onExisting });
  requireStages(definition);
  await held.change({ status: 'STARTING' });
  let secrets: readonly string[] = [];
  let current: Stage | undefined;
  const say = (text: string): void => options.say(concealed(`${current?.title ?? 'Start'}: ${text}`, secrets));
  try {
    const addresses = addressesOf(definition, options.env);
    secrets = addresses.secrets;
    const open = {
      application: `driftlab pipeline ${definition.name}`,
      connections: options.jobs + 2,
      signal: options.signal,
    };
    current = STAGES[0];
    await using ends = await openEnds(addresses.urls, open);
    const tables = await planTables(definition, ends);
    for (const stage of STAGES) {
      current = stage;
      const pipeline = { ...(await held.read()), definition };
      if (stage.isUp(pipeline)) {
        say('done before');
        continue;
      }
      const { urls } = addresses;
      await stage.up({ held, pipeline, urls, ends, tables, jobs: options.jobs, say, signal: options.signal });
    }
    await held.change({ status: 'COMPLETED', last_error: null });
  } catch (error) {
    throw await failed(held, error, { stage: current, secrets, interrupted: options.signal.aborted });
  }
  return held.read();
}

/** Throws an OperatorError for a mode whose stages there are not all. */
function requireStages({ mode }: Definition): void {
  if (mode === 'full_load_only') return;
  throw new OperatorError({
    code: 'no-stage',
    message: `a pipeline of the mode ${mode} cannot be started yet: Step 2, its connectors, is missing`,
    expected: 'full_load_only',
    found: mode,
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
  if (interrupted) {
    await held.change({ status: 'STOPPED' });
    return error;
  }
  const told = asOperatorError(error, stage, secrets);
  const words = explain(told)
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.trim().replace(/: +/, ': '));
  await held.change({ status: 'ERROR', ...stage?.failure, last_error: words.join('; ') });
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
  const given = Object.entries({ hint, expected, found }).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, hide(text)]],
  );
  const message = `${title}${hide(error.message)}`;
  return new OperatorError({
    ...{ code, message, exit, cause: error },
    ...(Object.fromEntries(given) as object),
    ...(waited === undefined ? {} : { waited }),
  });
}
