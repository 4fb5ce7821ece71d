import { unknownName } from './arguments.ts';
import type { Host } from './host.ts';

type Said = Pick<Host, 'stdout'>;

/** One verb of a command that has several: `create` of `driftlab pipeline create`. */
export interface Verb<World> {
  /** One line for the command's help. */
  readonly summary: string;
  run(args: readonly string[], host: World): Promise<number>;
}

export interface VerbsOptions<World> {
  /** `pipeline`, as it is typed after `driftlab`. */
  readonly command: string;
  /** What all of it is for, in a few words. */
  readonly summary: string;
  readonly verbs: Readonly<Record<string, Verb<World>>>;
}

/** Whether a word asks for the help in place of a verb. */
export function asksForHelp(word: string | undefined): boolean {
  return word === undefined || word === 'help' || word === '--help';
}

/** Runs a verb by its name. Throws an OperatorError (exit 2) for one that there is none of. */
export function runVerb<World>(
  { command, verbs }: VerbsOptions<World>,
  name: string,
  args: readonly string[],
  host: World,
): Promise<number> {
  const chosen = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (chosen === undefined)
    throw unknownName(`verb of ${command}`, name, Object.keys(verbs), `driftlab ${command} --help`);
  return chosen.run(args, host);
}

/** Says which verbs there are. */
export function writeVerbs<World>({ command, summary, verbs }: VerbsOptions<World>, { stdout }: Said): void {
  const width = Math.max(...Object.keys(verbs).map((name) => name.length));
  const lines = [
    `driftlab ${command}: ${summary}`,
    '',
    ...Object.entries(verbs).map(([name, verb]) => `  ${name.padEnd(width)}  ${verb.summary}`),
    '',
    `driftlab ${command} VERB --help lists the options of one`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
}
