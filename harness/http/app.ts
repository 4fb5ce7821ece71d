import swagger from '@fastify/swagger';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type Problem, problemShape } from '#contracts/problem.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { withOptionalBodies } from './document.ts';
import { type Guarded, refusal } from './guard.ts';
import { problem, problemOf } from './problem.ts';
import { answerOddities, answerUnreadable, type KnownMethods, knownMethods } from './protocol.ts';

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

export interface AppOptions extends Guarded {
  /** For the OpenAPI document. */
  readonly title: string;
  readonly description: string;
  /** The status of an error. */
  readonly statusOf: (error: OperatorError) => number;
  /** What to do where another program has the port. */
  readonly otherPort: string;
  readonly addRoutes: (app: FastifyInstance) => void;
}

const BODY_BYTES_MAX = 64 * 1024;
/** A request that has not come whole by then is given up. */
const REQUEST_LIMIT_MS = 30_000;

/** Serves an application on 127.0.0.1. Throws an OperatorError (`port-taken`) where another program has the port. */
export async function serveApp(options: AppOptions): Promise<HttpServer> {
  const { port, otherPort } = options;
  const app = await buildApp(options);
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new OperatorError({
      code: 'port-taken',
      message: `another program listens on 127.0.0.1:${port}`,
      expected: 'a free port for the HTTP interface',
      found: messageOf(cause),
      hint: otherPort,
      cause,
    });
  }
  let closed: Promise<void> | undefined;
  return {
    port,
    [Symbol.asyncDispose]: () => (closed ??= app.close()),
  };
}

/** The answers of a schema's `response` for what is refused, by their statuses. */
export function problems(...statuses: readonly number[]): object {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'why not', content: { 'application/problem+json': { schema: problemShape } } },
    ]),
  );
}

/** An answer that is no JSON. */
export function textOf(type: string, description: string): object {
  return { 200: { description, content: { [type]: { schema: { type: 'string' } } } } };
}

function tell(reply: FastifyReply, told: Problem): FastifyReply {
  return reply.code(told.status).type('application/problem+json').send(JSON.stringify(told));
}

/** By status: what a client tells its own mistakes apart by. */
const CODES: Readonly<Record<number, string>> = { 413: 'body-too-large', 415: 'wrong-media-type' };

function codeOf({ statusCode }: FastifyError): string {
  return statusCode === undefined ? 'bug' : (CODES[statusCode] ?? 'wrong-request');
}

async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_LIMIT_MS,
    // Without a Host it is refused by the guard, in words.
    http: { requireHostHeader: false },
    clientErrorHandler: answerUnreadable,
    // Streams of events end with the server, not before.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } },
    // An address that cannot be read is answered before any route, and any handler below.
    frameworkErrors(error, _, reply) {
      tell(reply as FastifyReply, problem(error.statusCode ?? 400, 'wrong-request', error.message));
    },
  });
  answerOddities(app.server);
  const methods = knownMethods();
  app.addHook('onRoute', ({ url, method }) => {
    for (const one of [method].flat()) methods.add(url, one);
  });
  takeJson(app);
  tellErrors(app, options);
  guard(app, options, methods);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: options.title, version: '1', description: options.description },
      servers: [{ url: `http://127.0.0.1:${options.port}` }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transformObject: (made) => ('openapiObject' in made ? withOptionalBodies(made.openapiObject) : made.swaggerObject),
  });
  options.addRoutes(app);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

/** JSON is the one type that is taken; Fastify would read plain text, too. */
function takeJson(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
  // Clients name the type of a body also where they send none, as with DELETE.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
  // The schemas of answers are for the document and its readers; what is sent is what was said, all of it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
}

function tellErrors(app: FastifyInstance, { statusOf }: AppOptions): void {
  app.setErrorHandler<FastifyError>((error, _, reply) => {
    const told =
      error instanceof OperatorError
        ? problemOf(error, statusOf(error))
        : error.validation !== undefined
          ? problem(400, 'wrong-request', error.message)
          : problem(error.statusCode ?? 500, codeOf(error), error.message);
    return tell(reply, told);
  });
  app.setNotFoundHandler((request, reply) => {
    const detail = `there is nothing at ${request.method} ${request.url}`;
    return tell(reply, problem(404, 'no-such-path', detail, 'see /openapi.json'));
  });
}

function guard(app: FastifyInstance, guarded: Guarded, methods: KnownMethods): void {
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin, authorization } = request.headers;
    const refused = refusal({ method: request.method, host, origin, authorization }, guarded);
    if (refused?.status === 403) return tell(reply, refused);
    // That a path knows no such method is no secret: nobody needs the token to be told.
    const allowed = methods.of(request.url);
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      const allow = allowed.join(', ');
      const told = problem(405, 'no-such-method', `${request.url} takes ${allow}, not ${request.method}`);
      return tell(reply.header('allow', allow), told);
    }
    if (refused !== undefined) return tell(reply, refused);
  });
}
