import type { ContextBundle } from '#contracts/context.ts';
import { BUNDLE_TOKENS } from '#contracts/words.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import type { Host } from './host.ts';
import { COMMON, integer } from './options.ts';

const { least, usual, most } = BUNDLE_TOKENS;

const contextOptions = {
  tokens: integer(
    'N',
    'at most so many tokens: 8000 for one failure, 32000 for the whole pipeline',
    least,
    most,
    String(usual),
  ),
  json: { kind: 'switch', help: 'print the sections as JSON' },
  ...COMMON,
} as const satisfies OptionTable;

const contextUsage: Usage<typeof contextOptions> = {
  command: 'context',
  summary:
    'What an agent must know of a failure mode of the live lab, most important first, within a number of tokens that are counted.\n' +
    'What did not fit is said, with the command that shows it. Nothing in it is secret.',
  operands: ['mode'],
  options: contextOptions,
  examples: ['driftlab context restart', 'driftlab context lag --tokens 32000'],
};

/** `driftlab context MODE` */
export async function contextCommand(args: readonly string[], host: Pick<Host, 'stdout' | 'env'>): Promise<number> {
  const { operands, options } = parseArguments(contextUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(contextUsage)}\n`);
    return 0;
  }
  const [mode = ''] = operands;
  const wanted = options.tokens === undefined ? '' : `?tokens=${options.tokens}`;
  const bundle = await openClient(labHome(host.env)).get<ContextBundle>(
    `/api/v1/context/${encodeURIComponent(mode)}${wanted}`,
  );
  const { text, tokens, tokens_max, encoding } = bundle;
  host.stdout.write(
    options.json ? `${JSON.stringify(bundle)}\n` : `${text}\n${tokens} of at most ${tokens_max} tokens (${encoding})\n`,
  );
  return 0;
}
