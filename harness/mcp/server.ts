import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallToolResult, McpServer, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type { TObject } from 'typebox';
import { ROOT } from '#setup/layout.mjs';
import { messageOf, OperatorError } from '#std/errors.ts';
import { hiddenIn } from './addresses.ts';
import { TOKENS_MAX, written } from './answer.ts';
import { checkArguments } from './arguments.ts';
import type { Tool, ToolWorld } from './tool.ts';
import { TOOLS } from './tools/index.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** Longest text of an error, in characters: what a server says may be a page. */
const ERROR_TEXT_MAX = 1000;

/** An MCP server with every tool on the live lab. One serves one connection over stdio, or one request over HTTP. */
export function mcpServer(world: ToolWorld): McpServer {
  const server = new McpServer({ name: 'driftlab', version }, { instructions: instructions(world) });
  for (const tool of TOOLS)
    server.registerTool(
      tool.name,
      {
        description: tool.description,
        inputSchema: schemaOf(tool.args),
        annotations: { readOnlyHint: tool.writes !== true && tool.mayWrite !== true, openWorldHint: false },
      },
      (args, { mcpReq }) => call(tool, args, world, mcpReq.signal),
    );
  return server;
}

function instructions({ allowWrites }: ToolWorld): string {
  const writes = allowWrites
    ? 'Tools may change the lab: exec injects faults, recover with apply repairs.'
    : 'Read-only: what would change something is refused.';
  return (
    'A live CDC pipeline (source database, Debezium, Kafka, sinks), a verifier that compares them, and faults. ' +
    `Begin with verifier_report. Answers are JSON of at most ${TOKENS_MAX} tokens; next_cursor, where there is one, asks for the next page. ` +
    `Errors are JSON: code, message, expected, found, hint. ${writes}`
  );
}

/**
 * The schema as it is listed. Arguments are checked by {@link checkArguments} and not by the SDK, whose errors have no code and no
 * hint.
 */
function schemaOf(args: TObject): StandardSchemaWithJSON<unknown> {
  const schema = args as unknown as Record<string, unknown>;
  return {
    '~standard': {
      version: 1,
      vendor: 'driftlab',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => schema, output: () => schema },
    },
  };
}

async function call(tool: Tool, given: unknown, world: ToolWorld, signal: AbortSignal): Promise<CallToolResult> {
  const args = (given ?? {}) as Record<string, unknown>;
  const hidden = hiddenIn(world);
  try {
    checkArguments(tool, args);
    if (tool.writes === true) requireWrites(tool.name, world);
    const answer = await tool.run(args, world, signal);
    const cursor = typeof args.cursor === 'string' ? args.cursor : undefined;
    return { content: [{ type: 'text', text: written(answer, cursor, hidden) }] };
  } catch (error) {
    signal.throwIfAborted();
    return { isError: true, content: [{ type: 'text', text: errorText(error, hidden) }] };
  }
}

/** Throws an OperatorError (`read-only`) unless writes are allowed. */
function requireWrites(what: string, { allowWrites }: Pick<ToolWorld, 'allowWrites'>): void {
  if (allowWrites) return;
  throw new OperatorError({
    code: 'read-only',
    message: `${what} changes something, and this server is read-only`,
    expected: 'a server that was started with --allow-writes',
    found: 'one that was started without',
    hint: 'ask the person who started it: driftlab mcp --allow-writes, or driftlab up --allow-writes for /mcp',
  });
}

function errorText(error: unknown, hidden: readonly string[]): string {
  const told =
    error instanceof OperatorError
      ? { code: error.code, message: error.message, expected: error.expected, found: error.found, hint: error.hint }
      : { code: 'bug', message: messageOf(error), hint: 'this is a bug of driftlab, not of your call' };
  const short = Object.entries(told).map(([name, text]) => [name, text?.slice(0, ERROR_TEXT_MAX)]);
  return written({ facts: { error: Object.fromEntries(short) } }, undefined, hidden);
}
