import type { SetUpCause, SetUpDiagnosis } from '#model/set-up.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { causeLines } from './diagnosis-lines.ts';
import type { Host } from './host.ts';

/** One pipeline or connector of which causes are told, and how their fixes are made. */
export interface Fixing {
  diagnose(): Promise<SetUpDiagnosis>;
  run(side: 'source' | 'target', statements: readonly string[]): Promise<void>;
  /** Has it come up, or go on. Absent where a person starts it. */
  start?(): Promise<void>;
}

type Asking = Pick<Host, 'ask' | 'stdout' | 'stderr'>;

/** Throws an OperatorError (`no-terminal`, exit 2) where nobody can be asked. */
export function requireAsker({ ask }: Pick<Host, 'ask'>): NonNullable<Host['ask']> {
  if (ask !== undefined) return ask;
  throw new OperatorError({
    code: 'no-terminal',
    message: '--fix asks before each fix, and there is nobody to ask',
    expected: 'a terminal',
    found: 'input or output that is none',
    hint: 'leave --fix away (--json for a program): each cause has what fixes it, and "offer" where that takes nothing away',
  });
}

/**
 * Offers the fixes that are safe, one by one, and makes those to which the answer is yes. Looks again after each, since what was
 * wrong first may have been why the rest was. Returns what is found at last.
 */
export async function offerFixes(fixing: Fixing, host: Asking): Promise<SetUpDiagnosis> {
  const ask = requireAsker(host);
  const offered = new Set<string>();
  for (;;) {
    const diagnosis = await fixing.diagnose();
    const cause = diagnosis.causes.find(({ code, fix }) => isOffered(fix, fixing) && !offered.has(code));
    if (cause === undefined) return diagnosis;
    offered.add(cause.code);
    const { pipeline, status } = diagnosis;
    host.stdout.write(`${[`${pipeline} (${status}):`, ...causeLines(cause, offered.size)].join('\n')}\n`);
    if (!/^y(es)?$/i.test((await ask(question(cause, fixing))).trim())) {
      host.stdout.write('not done\n');
      continue;
    }
    host.stdout.write(`${(await made(cause, fixing, host)) ? 'done' : 'not done'}\n`);
  }
}

function isOffered({ offer }: SetUpCause['fix'], { start }: Fixing): boolean {
  return offer === 'start' ? start !== undefined : offer !== undefined;
}

function question({ fix }: SetUpCause, { start }: Fixing): string {
  const then = fix.offer !== 'start' && start !== undefined ? ', then start it' : '';
  return `do that${then}? [y/N] `;
}

async function made({ fix: { offer, run } }: SetUpCause, fixing: Fixing, { stderr }: Asking): Promise<boolean> {
  try {
    if (offer === 'source' || offer === 'target') await fixing.run(offer, run);
    await fixing.start?.();
    return true;
  } catch (error) {
    // One that is refused ends no other.
    if (!(error instanceof OperatorError)) throw error;
    stderr.write(`${explain(error)}\n`);
    return false;
  }
}
