import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ToolWorld } from './tool.ts';

/**
 * Serves the tools at `/mcp` (Streamable HTTP, each request by itself), for clients of 2026-07-28 and of 2025. Who may ask is for the
 * application's own guard to say: every request is a POST, and so needs the token.
 */
export function addMcp(app: FastifyInstance, world: ToolWorld): void {
  let opened: Promise<McpHttpHandler> | undefined;
  app.addHook('onClose', async () => (await opened)?.close());
  // It is no path of OpenAPI's: what it takes and answers is JSON-RPC.
  app.post('/mcp', { schema: { hide: true } }, async (request, reply) => {
    opened ??= open(world);
    const handler = await opened;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const response = await handler.fetch(webRequest(request, gone.signal), { parsedBody: request.body });
    return reply.send(response);
  });
}

/** Loaded when the first agent comes: most labs have none, and it takes memory. */
async function open(world: ToolWorld): Promise<McpHttpHandler> {
  const [{ createMcpHandler }, { mcpServer }] = await Promise.all([
    import('@modelcontextprotocol/server'),
    import('./server.ts'),
  ]);
  return createMcpHandler(() => mcpServer(world));
}

/** The request as the handler takes it. Its body has been read. */
function webRequest({ raw, host, body }: FastifyRequest, signal: AbortSignal): Request {
  const headers = Object.entries(raw.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(`http://${host}${raw.url}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body ?? null),
    signal,
  });
}
