import swagger from '@fastify/swagger';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { LabProblem } from '#model/lab.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { createMetrics } from '../metrics.ts';
import type { LiveLab } from '../open-lab.ts';
import { withOptionalBodies } from './document.ts';
import { refusal } from './guard.ts';
import { problem, problemOf } from './problem.ts';
import { answerOddities, answerUnreadable, knownMethods } from './protocol.ts';
import { addRoutes } from './routes.ts';

export interface LabServer extends AsyncDisposable {
  readonly port: number;
}

export interface ServerOptions {
  readonly lab: LiveLab;
  readonly port: number;
  readonly token: string;
}

const BODY_BYTES_MAX = 64 * 1024;
/** A request that has not come whole by then is given up. */
const REQUEST_LIMIT_MS = 30_000;

/** Serves the lab on 127.0.0.1. Throws an OperatorError (`port-taken`) where another program has the port. */
export async function serveLab(options: ServerOptions): Promise<LabServer> {
  const app = await buildApp(options);
  try {
    await app.listen({ host: '127.0.0.1', port: options.port });
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new OperatorError({
      code: 'port-taken',
      message: `another program listens on 127.0.0.1:${options.port}`,
      expected: 'a free port for the lab’s HTTP interface',
      found: messageOf(cause),
      hint: `end it, or take another port: DRIFTLAB_PORT=${options.port + 1} npx driftlab up`,
      cause,
    });
  }
  let closed: Promise<void> | undefined;
  return {
    port: options.port,
    [Symbol.asyncDispose]: () => (closed ??= app.close()),
  };
}

function tell(reply: FastifyReply, told: LabProblem): FastifyReply {
  return reply.code(told.status).type('application/problem+json').send(JSON.stringify(told));
}

/** By status: what a client tells its own mistakes apart by. */
const CODES: Readonly<Record<number, string>> = { 413: 'body-too-large', 415: 'wrong-media-type' };

function codeOf({ statusCode }: FastifyError): string {
  return statusCode === undefined ? 'bug' : (CODES[statusCode] ?? 'wrong-request');
}

/** The application without its port: for tests, too. */
async function buildApp({ lab, port, token }: ServerOptions): Promise<FastifyInstance> {
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
  // JSON is the one type that is taken; Fastify would read plain text, too.
  app.removeContentTypeParser('text/plain');
  // Clients name the type of a body also where they send none, as with DELETE.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
  // The schemas of answers are for the document and its readers; what is sent is what the lab said, all of it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler<FastifyError>((error, _, reply) => {
    const told =
      error instanceof OperatorError
        ? problemOf(error)
        : error.validation !== undefined
          ? problem(400, 'wrong-request', error.message)
          : problem(error.statusCode ?? 500, codeOf(error), error.message);
    return tell(reply, told);
  });
  app.setNotFoundHandler((request, reply) => {
    const told = problem(
      404,
      'no-such-path',
      `there is nothing at ${request.method} ${request.url}`,
      'see /openapi.json',
    );
    return tell(reply, told);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin, authorization } = request.headers;
    const refused = refusal({ method: request.method, host, origin, authorization }, port, token);
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
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Driftlab, the live lab',
        version: '1',
        description: 'Watches a CDC pipeline, breaks it, and reports what happened to every row.',
      },
      servers: [{ url: `http://127.0.0.1:${port}` }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transformObject: (made) => ('openapiObject' in made ? withOptionalBodies(made.openapiObject) : made.swaggerObject),
  });
  addRoutes(app, lab, createMetrics(lab));
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}
