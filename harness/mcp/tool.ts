import type { TObject } from 'typebox';
import { optional, type Said, text } from '#contracts/schema.ts';
import { type LabClient, openClient, readyAddresses } from '#lab/client.ts';
import { type LabHome, labHome } from '#lab/home.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import type { Answer } from './answer.ts';

/** What tools work on: the live lab of one home. */
export interface ToolWorld {
  readonly env: NodeJS.ProcessEnv;
  readonly home: LabHome;
  /** Tools may change something. */
  readonly allowWrites: boolean;
  /** The lab as it is now. Throws an OperatorError (`lab-not-up`, `lab-killed`) where none runs. */
  lab(): LabClient;
  /** Where its servers answer. Throws an OperatorError (`lab-not-ready`) before they do. */
  addresses(): LabAddresses;
}

/** One tool: its name and words are what an agent chooses it by, its schema what the arguments are checked against. */
export interface Tool<A extends TObject = TObject> {
  readonly name: string;
  /** What it answers and when to use it, in a sentence or two. */
  readonly description: string;
  readonly args: A;
  /** It always changes something, and so is refused unless writes are allowed. */
  readonly writes?: boolean;
  /** It changes something with some arguments, and refuses those itself unless writes are allowed. */
  readonly mayWrite?: boolean;
  run(args: Said<A>, world: ToolWorld, signal: AbortSignal): Promise<Answer>;
}

/** A tool, whatever its arguments are: they have been checked against its schema before it runs. */
export function tool<A extends TObject>(one: Tool<A>): Tool {
  return one as unknown as Tool;
}

/** The world of the lab whose home the environment names. */
export function toolWorld(env: NodeJS.ProcessEnv, allowWrites: boolean): ToolWorld {
  const home = labHome(env);
  const lab = (): LabClient => openClient(home);
  return { env, home, allowWrites, lab, addresses: () => readyAddresses(lab()) };
}

/** The argument of every tool that answers in pages. */
export const CURSOR = {
  cursor: optional(text('next_cursor of the page before')),
};

/** The argument that names a variant of the pipeline. */
export const VARIANT = {
  variant: optional(text('only this variant of the pipeline; all without it')),
};

/** Throws an OperatorError (`unknown-…`) for a name that is none of those there are. */
export function requireKnown(what: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return;
  const near = nearest(name, known);
  throw new OperatorError({
    code: `unknown-${what}`,
    message: `there is no ${what} ${JSON.stringify(name)}`,
    expected: known.length === 0 ? `a ${what}: there is none` : `one of ${known.join(', ')}`,
    found: name,
    ...(near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` }),
  });
}
