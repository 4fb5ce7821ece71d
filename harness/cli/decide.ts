import type { Decision, Decisions } from '#contracts/decision.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { visibleIn } from '#std/visible.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import type { Host } from './host.ts';
import { COMMON } from './options.ts';

const decideOptions = {
  all: { kind: 'switch', help: 'show the paths of what is sound, too' },
  json: { kind: 'switch', help: 'print JSON' },
  ...COMMON,
} as const satisfies OptionTable;

const decideUsage: Usage<typeof decideOptions> = {
  command: 'decide',
  summary:
    'Walks the decision trees on the live lab: of each connector and variant the path taken, with the evidence at each fork, the cause, and\n' +
    'the recovery that is recommended. Exit status: 0 nothing is to be done, 1 something is, 2 wrong usage.',
  operands: [],
  options: decideOptions,
  examples: ['driftlab decide', 'driftlab decide --json'],
};

/** `driftlab decide` */
export async function decideCommand(args: readonly string[], host: Pick<Host, 'stdout' | 'env'>): Promise<number> {
  const { options } = parseArguments(decideUsage, args);
  const write = (text: string): void => void host.stdout.write(`${text}\n`);
  if (options.help) {
    write(helpOf(decideUsage));
    return 0;
  }
  const found = await openClient(labHome(host.env)).get<Decisions>('/api/v1/decide');
  if (options.json) write(JSON.stringify(found));
  else write(decisionsLines(visibleIn(found).decisions, options.all).join('\n'));
  return found.decisions.every(({ sound }) => sound) ? 0 : 1;
}

function decisionsLines(decisions: readonly Decision[], all: boolean): string[] {
  const shown = all ? decisions : decisions.filter(({ sound }) => !sound);
  const left = decisions.filter((one) => !shown.includes(one));
  return [
    ...shown.flatMap((one) => [...decisionLines(one), '']),
    ...(left.length === 0
      ? []
      : [`nothing is to be done about ${left.map(({ about, subject }) => `${about} ${subject}`).join(', ')}`]),
  ];
}

/** A decision as people read it. */
function decisionLines({ about, subject, path, cause, outcome, recommended }: Decision): string[] {
  const { run, why } = recommended;
  return [
    `${about} ${subject}: ${cause} [${outcome}]`,
    ...path.flatMap(({ asks, answer, evidence, at }) => [`  ${asks} ${answer}`, `    ${evidence} (${at})`]),
    `  recommended: ${why}`,
    ...run.map((line) => `    ${line}`),
  ];
}
