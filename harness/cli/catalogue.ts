import type { Catalogue } from '#contracts/catalogue.ts';
import { catalogueOf } from '#lab/catalogue.ts';
import { RECOVERIES } from '#recovery/recoveries.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import type { Host } from './host.ts';
import { COMMON } from './options.ts';

const options = {
  json: { kind: 'switch', help: 'the catalogue as the lab gives it, as JSON' },
  ...COMMON,
} as const satisfies OptionTable;

const usage: Usage<typeof options> = {
  command: 'catalogue',
  summary: 'All that can be broken, found and brought back: failure modes with their steps, recoveries, causes.',
  operands: [],
  options,
  examples: ['npx driftlab catalogue', 'npx driftlab catalogue --json'],
};

/** `driftlab catalogue [--json]` */
export async function catalogueCommand(
  args: readonly string[],
  host: Pick<Host, 'stdout' | 'loadScenarios'>,
): Promise<number> {
  const { options: given } = parseArguments(usage, args);
  if (given.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  const catalogue = await loadCatalogue(host);
  host.stdout.write(`${given.json ? JSON.stringify(catalogue, null, 2) : catalogueLines(catalogue).join('\n')}\n`);
  return 0;
}

/** The catalogue of this Driftlab, whatever runs. */
export async function loadCatalogue(host: Pick<Host, 'loadScenarios'>): Promise<Catalogue> {
  return catalogueOf(await host.loadScenarios(), RECOVERIES);
}

function catalogueLines({ modes, causes, recoveries }: Catalogue): string[] {
  return [
    'Failure modes (* in the live lab: driftlab trigger MODE --step STEP; all: driftlab scenario SCENARIO --only MODE)',
    ...modes.flatMap(({ id, scenario, title, live, steps }) => [
      `  ${live ? '*' : ' '} ${id}: ${title} (${scenario})`,
      ...steps.map((step) => `      ${step.id}: ${step.title}${takesText(step.takes)}`),
    ]),
    '',
    'Recoveries (driftlab recover NAME)',
    ...recoveries.map(({ name, title }) => `  ${name}: ${title}`),
    '',
    'Causes',
    ...causes.map(({ code, title }) => `  ${code}: ${title}`),
  ];
}

function takesText(takes: readonly string[]): string {
  return takes.length === 0 ? '' : ` (takes ${takes.join(', ')})`;
}
