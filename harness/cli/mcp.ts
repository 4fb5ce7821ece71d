import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { mcpServer } from '#mcp/server.ts';
import { toolWorld } from '#mcp/tool.ts';
import { visibleLines } from '#std/visible.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import type { Host } from './host.ts';
import { listenForInterrupt } from './interrupt.ts';
import { COMMON } from './options.ts';

const mcpOptions = {
  'allow-writes': { kind: 'switch', help: 'tools may break and repair the lab; without it they only read' },
  ...COMMON,
} as const satisfies OptionTable;

export const mcpUsage: Usage<typeof mcpOptions> = {
  command: 'mcp',
  summary:
    'Serves the tools of the live lab to an agent, by the Model Context Protocol over standard input and output.\n' +
    'The lab need not be up yet: a tool that needs it says so. Ends with its input.',
  operands: [],
  options: mcpOptions,
  examples: ['driftlab mcp', 'driftlab mcp --allow-writes'],
};

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit'>;

/** `driftlab mcp`: until the agent closes the input, or it is interrupted. */
export async function mcpCommand(args: readonly string[], host: World): Promise<number> {
  const { options } = parseArguments(mcpUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(mcpUsage)}\n`);
    return 0;
  }
  const world = toolWorld(host.env, options['allow-writes']);
  const ended = Promise.withResolvers<void>();
  using _ = listenForInterrupt({ process: host.process, exit: host.exit, onFirst: () => ended.resolve() });
  process.stdin.once('end', () => ended.resolve());
  const served = serveStdio(() => mcpServer(world), {
    // Standard output is the protocol's.
    onerror: (error) => void host.stderr.write(`${visibleLines(error.message)}\n`),
  });
  await ended.promise;
  await served.close();
  return 0;
}
