import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problems, textOf } from '#http/app.ts';
import { OperatorError } from '#std/errors.ts';
import { definitionOf } from '../definition.ts';
import type { Desk } from '../desk.ts';
import type { OnExisting } from '../pipeline.ts';
import type { Store } from '../state/store.ts';
import { toldPipeline } from '../told.ts';
import { streamPipeline } from './events.ts';
import * as schemas from './schemas.ts';

/** The second is what earlier managers' clients ask. */
const PREFIXES = ['/api/v1/pipelines', '/api/pipelines'] as const;

/** So many read events at once: each costs a connection, and a look at the state. */
const READERS_MAX = 64;

interface Named {
  readonly Params: { readonly id: string };
}

interface StartBody {
  readonly on_existing?: OnExisting;
  readonly jobs?: number;
}

const changing = { security: [{ token: [] }] };
const params = {
  type: 'object',
  properties: { id: { type: 'string', description: 'the pipeline’s name' } },
  required: ['id'],
};
const CHANGE_PROBLEMS = [400, 401, 403, 404, 409, 413, 415, 502, 503] as const;

/** What the manager answers. Reading is for everyone on this machine; what changes something needs the token. */
export function addRoutes(app: FastifyInstance, store: Store, desk: Desk): void {
  app.get(
    '/health',
    {
      schema: {
        summary: 'Whether the manager and its state answer',
        response: { 200: schemas.healthSchema, ...problems(403, 503) },
      },
    },
    async () => {
      await store.list().catch((cause: unknown) => {
        throw stateAway(cause);
      });
      return { status: 'healthy' };
    },
  );
  for (const prefix of PREFIXES) {
    addReading(app, prefix, { store, desk });
    addChanging(app, prefix, { store, desk });
  }
}

function stateAway(cause: unknown): OperatorError {
  return new OperatorError({
    code: 'no-state',
    message: 'the state database does not answer',
    expected: 'an answer of the database in which pipelines are kept',
    found: 'none',
    cause,
    exit: 1,
  });
}

interface Managed {
  readonly store: Store;
  readonly desk: Desk;
}

function addReading(app: FastifyInstance, prefix: string, { store, desk }: Managed): void {
  const hide = prefix !== PREFIXES[0];
  app.get(
    prefix,
    { schema: { hide, summary: 'All pipelines', response: { 200: schemas.pipelinesSchema, ...problems(403) } } },
    async () => ({ pipelines: (await store.list()).map(toldPipeline) }),
  );
  app.get<Named>(
    `${prefix}/:id`,
    {
      schema: {
        ...{ hide, params, summary: 'One pipeline' },
        response: { 200: schemas.pipelineSchema, ...problems(403, 404) },
      },
    },
    async (request) => toldPipeline(await store.find(request.params.id)),
  );
  app.get<Named>(
    `${prefix}/:id/diagnosis`,
    {
      schema: {
        ...{ hide, params, summary: 'Why a pipeline does not come up: first cause first; its servers are asked' },
        response: { 200: schemas.diagnosisSchema, ...problems(403, 404) },
      },
    },
    async (request) => desk.diagnose(request.params.id),
  );
  let readers = 0;
  app.get<Named>(
    `${prefix}/:id/events`,
    {
      schema: {
        ...{ hide, params, summary: 'A pipeline whenever it has changed, as server-sent events' },
        response: { ...textOf('text/event-stream', 'events, until one of both ends it'), ...problems(403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (readers >= READERS_MAX)
        throw new OperatorError({
          code: 'too-many-readers',
          message: `${READERS_MAX} clients are already reading events`,
          hint: 'close one of them',
        });
      await store.find(id);
      reply.hijack();
      readers++;
      reply.raw.once('close', () => readers--);
      streamPipeline({ store, desk }, id, reply.raw, request.method === 'HEAD');
    },
  );
}

function addChanging(app: FastifyInstance, prefix: string, { store, desk }: Managed): void {
  const hide = prefix !== PREFIXES[0];
  const common = { ...changing, hide };
  const one = { 200: schemas.pipelineSchema, ...problems(...CHANGE_PROBLEMS) };
  app.post(
    prefix,
    {
      schema: {
        ...{ ...common, summary: 'Creates a pipeline', body: schemas.definitionSchema },
        response: { 201: schemas.pipelineSchema, ...problems(400, 401, 403, 409, 413, 415) },
      },
    },
    async ({ body }, reply) => {
      const pipeline = await store.create(definitionOf(body));
      return reply.code(201).header('location', `${prefix}/${pipeline.definition.name}`).send(toldPipeline(pipeline));
    },
  );
  app.post<Named & { Body: StartBody | null | undefined }>(
    `${prefix}/:id/start`,
    {
      schema: {
        ...{ ...common, params, summary: 'Starts a pipeline; answers when it is up, or why it is not' },
        body: schemas.startSchema,
        response: { ...one, 202: schemas.pipelineSchema },
      },
    },
    (request, reply) => start(request, reply, { prefix, store, desk }),
  );
  app.post<Named>(
    `${prefix}/:id/stop`,
    { schema: { ...common, params, summary: 'Stops a pipeline, or a start of it', response: one } },
    async (request) => toldPipeline(await desk.stop(request.params.id)),
  );
  app.delete<Named & { Querystring: { readonly forget?: 'true' | 'false' } }>(
    `${prefix}/:id`,
    {
      schema: {
        ...{ ...common, params, summary: 'Deletes a pipeline and what bears its mark; the target’s rows stay' },
        querystring: { type: 'object', properties: { forget: { type: 'string', enum: ['true', 'false'] } } },
        response: { 204: { type: 'null', description: 'deleted' }, ...problems(...CHANGE_PROBLEMS) },
      },
    },
    async (request, reply) => {
      await desk.remove(request.params.id, { forget: request.query.forget === 'true' });
      return reply.code(204).send();
    },
  );
}

/** A load may take hours: `Prefer: respond-async` (RFC 7240) answers as soon as it has begun. */
async function start(
  request: FastifyRequest<Named & { Body: StartBody | null | undefined }>,
  reply: FastifyReply,
  { prefix, store, desk }: Managed & { readonly prefix: string },
): Promise<unknown> {
  const { id } = request.params;
  const { on_existing: onExisting, jobs } = request.body ?? {};
  const { up } = await desk.start(id, { onExisting, jobs });
  if (!/(^|,)\s*respond-async\s*(,|;|$)/i.test(String(request.headers.prefer ?? ''))) return toldPipeline(await up);
  return reply
    .code(202)
    .header('location', `${prefix}/${id}`)
    .header('preference-applied', 'respond-async')
    .send(toldPipeline(await store.find(id)));
}
