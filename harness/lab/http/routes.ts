import type { FastifyInstance } from 'fastify';
import { type Catalogue, catalogueShape } from '#contracts/catalogue.ts';
import { faultRequestShape, faultShape, type LabFaultRequest } from '#contracts/lab-fault.ts';
import { type LabWritersRequest, reportShape, writersRequestShape, writersShape } from '#contracts/lab-report.ts';
import { connectorsShape, healthShape, lagsShape, stackShape } from '#contracts/lab-stack.ts';
import { problems, textOf } from '#http/app.ts';
import { OperatorError } from '#std/errors.ts';
import { withImpossible } from '../catalogue.ts';
import type { FaultDesk } from '../fault-desk.ts';
import type { Metrics } from '../metrics.ts';
import type { LiveLab } from '../open-lab.ts';
import { addAgents } from './agent-routes.ts';
import { streamEvents } from './event-stream.ts';

/** So many read events at once: each costs a connection and, while it does not read, its backlog. */
const READERS_MAX = 64;

/** What the lab answers with, beside itself. */
interface Served {
  readonly metrics: Metrics;
  readonly catalogue: Catalogue;
}

const changing = { security: [{ token: [] }] };

/** What the lab answers. Reading is for everyone on this machine; what changes something needs the token. */
export function addRoutes(app: FastifyInstance, lab: LiveLab, { metrics, catalogue }: Served): void {
  addReading(app, lab, metrics);
  addCatalogue(app, lab, catalogue);
  addFaults(app, lab, catalogue);
  addAgents(app, lab);
  app.post<{ Body: LabWritersRequest }>(
    '/api/v1/writers',
    {
      schema: {
        ...changing,
        summary: 'Pauses or resumes the writers, or changes their rate',
        body: writersRequestShape,
        response: { 200: writersShape, ...problems(400, 401, 403, 413, 415, 503) },
      },
    },
    async ({ body }) => {
      deskOf(lab);
      return lab.writers(body);
    },
  );
}

function addReading(app: FastifyInstance, lab: LiveLab, metrics: Metrics): void {
  const get = (path: string, summary: string, schema: object, answer: () => unknown): void => {
    app.get(path, { schema: { summary, response: { 200: schema, ...problems(403) } } }, async () => answer());
  };
  app.get(
    '/health',
    {
      schema: {
        summary: 'Whether the lab is ready and every node runs',
        response: { 200: healthShape, 503: healthShape, ...problems(403) },
      },
    },
    async (_, reply) => {
      const reasons = lab.unhealthy();
      if (reasons.length === 0) return { status: 'healthy' };
      return reply.code(503).send({ status: 'unhealthy', reasons });
    },
  );
  get('/api/v1/report', 'What the verifier says of every variant and table, and the faults so far', reportShape, () =>
    lab.report(),
  );
  get('/api/v1/stack', 'The nodes: addresses, pids, versions, health', stackShape, () => lab.stack());
  get('/api/v1/lag', 'Per group, topic and partition: committed, end, lag', lagsShape, () => lab.lags());
  get('/api/v1/connectors', 'The connectors of both workers', connectorsShape, () => lab.connectors());
  let readers = 0;
  app.get(
    '/api/v1/events',
    {
      schema: {
        summary: 'What happens, as server-sent events; goes on after Last-Event-ID',
        headers: { type: 'object', properties: { 'last-event-id': { type: 'string' } } },
        response: { ...textOf('text/event-stream', 'events, until one of both ends it'), ...problems(403, 503) },
      },
    },
    (request, reply) => {
      if (readers >= READERS_MAX)
        throw new OperatorError({
          code: 'too-many-readers',
          message: `${READERS_MAX} clients are already reading events`,
          hint: 'close one of them',
        });
      const last = request.headers['last-event-id'];
      reply.hijack();
      readers++;
      reply.raw.once('close', () => readers--);
      streamEvents(lab.hub, reply.raw, typeof last === 'string' ? last : undefined, request.method === 'HEAD');
    },
  );
  const metricsResponse = { ...textOf('text/plain', 'in the text format of Prometheus'), ...problems(403) };
  app.get('/metrics', { schema: { summary: 'For Prometheus', response: metricsResponse } }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

function addCatalogue(app: FastifyInstance, lab: LiveLab, catalogue: Catalogue): void {
  const schema = {
    summary: 'All that can be broken, found and brought back: failure modes, causes, recoveries',
    response: { 200: catalogueShape, ...problems(403) },
  };
  app.get('/api/v1/catalogue', { schema }, async () => withImpossible(catalogue, lab.desk));
}

/** One path for every method, as OpenAPI wants it: what a name stands for is the method's to say. */
const ONE_FAULT = '/api/v1/faults/:fault';

interface Named {
  readonly Params: { readonly fault: string };
}

function named(description: string, more: object = {}) {
  return { type: 'object', properties: { fault: { type: 'string', description, ...more } }, required: ['fault'] };
}

function addFaults(app: FastifyInstance, lab: LiveLab, catalogue: Catalogue): void {
  const modes = catalogue.modes.filter(({ live }) => live).map(({ id }) => id);
  const byId = named('the fault’s id');
  app.get(
    '/api/v1/faults',
    {
      schema: {
        summary: 'The faults so far, oldest first',
        response: {
          200: {
            type: 'object',
            properties: { faults: { type: 'array', items: faultShape } },
            required: ['faults'],
          },
          ...problems(403),
        },
      },
    },
    async () => ({ faults: lab.report().faults }),
  );
  app.get<Named>(
    ONE_FAULT,
    {
      schema: {
        summary: 'One fault',
        params: byId,
        response: { 200: faultShape, ...problems(400, 403, 404, 503) },
      },
    },
    async ({ params }) => deskOf(lab).get(params.fault),
  );
  app.post<Named & { Body: LabFaultRequest | null | undefined }>(
    ONE_FAULT,
    {
      schema: {
        ...changing,
        summary: 'Injects a fault',
        params: named('the failure mode', { examples: modes }),
        body: faultRequestShape,
        response: { 202: faultShape, ...problems(400, 401, 403, 404, 409, 413, 415, 503) },
      },
    },
    async ({ params, body }, reply) => {
      const fault = deskOf(lab).trigger(params.fault, body ?? {});
      return reply.code(202).header('location', `/api/v1/faults/${fault.id}`).send(fault);
    },
  );
  app.delete<Named>(
    ONE_FAULT,
    {
      schema: {
        ...changing,
        summary: 'Heals a fault early',
        params: byId,
        response: { 202: faultShape, ...problems(400, 401, 403, 404, 409, 413, 415, 503) },
      },
    },
    async ({ params }, reply) => reply.code(202).send(deskOf(lab).heal(params.fault)),
  );
}

function deskOf({ desk, phase }: LiveLab): FaultDesk {
  if (desk !== undefined && phase !== 'stopping' && phase !== 'failed') return desk;
  throw new OperatorError({
    code: 'lab-not-ready',
    message: `the lab is ${phase}`,
    expected: 'a lab that is ready',
    found: phase,
    hint: 'npx driftlab up returns when it is ready',
  });
}
