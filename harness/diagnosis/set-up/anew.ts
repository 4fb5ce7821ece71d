import type { SetUpFacts, SetUpFix } from '#model/set-up.ts';

/** Where what was loaded, or committed since, is nowhere any more: only another load has it. */
export function anew({ pipeline: { commands } }: Pick<SetUpFacts, 'pipeline'>): SetUpFix {
  return { by: 'command', at: commands.at, run: commands.anew };
}

/** What is wrong is not at a server: the connectors are to be brought up again. */
export function again({ pipeline: { commands } }: Pick<SetUpFacts, 'pipeline'>): SetUpFix {
  return { by: 'command', at: commands.at, run: commands.start };
}
