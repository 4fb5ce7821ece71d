import type { LabAgentMemory, NoteRequest } from '#contracts/memory.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import type { Host } from './host.ts';
import { COMMON, word } from './options.ts';

const memoryOptions = {
  issue: word('TEXT', 'note an issue that is known from now on'),
  resolved: word('TEXT', 'a noted issue, word for word, that is known no more'),
  failure: word('TEXT', 'note a failure, with what became of it'),
  ...COMMON,
} as const satisfies OptionTable;

const memoryUsage: Usage<typeof memoryOptions> = {
  command: 'memory',
  summary:
    "What is known of the live lab's pipeline from earlier, as JSON: pipeline_state and recovery_history. Notes stay over down and up.",
  operands: [],
  options: memoryOptions,
  examples: ['driftlab memory', 'driftlab memory --issue "the sink insert has duplicates since restart-1"'],
};

/** `driftlab memory` */
export async function memoryCommand(args: readonly string[], host: Pick<Host, 'stdout' | 'env'>): Promise<number> {
  const { options } = parseArguments(memoryUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(memoryUsage)}\n`);
    return 0;
  }
  const { issue, resolved, failure } = options;
  const request: NoteRequest = {
    ...(issue === undefined ? {} : { known_issues: [issue] }),
    ...(resolved === undefined ? {} : { resolved_issues: [resolved] }),
    ...(failure === undefined ? {} : { recent_failures: [failure] }),
  };
  const client = openClient(labHome(host.env));
  const memory =
    Object.keys(request).length === 0
      ? await client.get<LabAgentMemory>('/api/v1/memory')
      : await client.post<LabAgentMemory>('/api/v1/memory', request);
  host.stdout.write(`${JSON.stringify(memory, null, 2)}\n`);
  return 0;
}
