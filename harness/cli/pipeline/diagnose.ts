import { JOBS } from '#manager/desk.ts';
import { diagnosePipeline } from '#manager/diagnose/diagnose.ts';
import { runStatements } from '#manager/diagnose/fix.ts';
import type { Here } from '#manager/here.ts';
import { isCarriedHere, type Pipeline } from '#manager/pipeline.ts';
import { startPipeline } from '#manager/start.ts';
import type { Store } from '#manager/state/store.ts';
import { type ParsedArguments, usageError } from '../arguments.ts';
import { diagnosisLines } from '../diagnosis-lines.ts';
import type { Host } from '../host.ts';
import { interruptible } from '../interrupt.ts';
import { type Fixing, offerFixes, requireAsker } from '../offer-fixes.ts';
import { diagnoseUsage } from './options.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit' | 'ask'> & { readonly here: Here };
type Options = ParsedArguments<typeof diagnoseUsage.options>['options'];

/** `driftlab pipeline diagnose NAME` */
export async function diagnose(
  name: string,
  { options }: { readonly options: Options },
  host: World,
  store: Store,
): Promise<number> {
  if (options.fix && options.json) throw usageError(diagnoseUsage, '--fix asks a person, and --json is for a program');
  if (options.fix) requireAsker(host);
  const pipeline = await store.find(name);
  return await interruptible(host, async (signal) => {
    const diagnosis = options.fix
      ? await offerFixes(fixingOf(pipeline, { options, host, store, signal }), host)
      : await diagnosePipeline(pipeline, { ...host.here, signal });
    host.stdout.write(`${options.json ? JSON.stringify(diagnosis) : diagnosisLines(diagnosis).join('\n')}\n`);
    return diagnosis.causes.length > 0 ? 1 : 0;
  });
}

interface At {
  readonly options: Options;
  readonly host: World;
  readonly store: Store;
  readonly signal: AbortSignal;
}

function fixingOf({ definition }: Pipeline, { options, host, store, signal }: At): Fixing {
  const { name } = definition;
  const here = { ...host.here, signal };
  return {
    diagnose: async () => diagnosePipeline(await store.find(name), here),
    run: (side, statements) =>
      runStatements(statements, { ...here, side, address: options[`${side}-admin`] ?? definition[side] }),
    // What carries its changes itself works until it is stopped.
    ...(isCarriedHere(definition)
      ? {}
      : {
          async start() {
            await using held = await store.hold(name);
            const say = (line: string): void => void host.stdout.write(`${line}\n`);
            await startPipeline(held, { ...here, jobs: JOBS, say });
          },
        }),
  };
}
