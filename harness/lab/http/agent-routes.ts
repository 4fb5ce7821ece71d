import type { FastifyInstance } from 'fastify';
import { bundleShape } from '#contracts/context.ts';
import { decisionsShape } from '#contracts/decision.ts';
import { memoryShape, type NoteRequest, noteRequestShape } from '#contracts/memory.ts';
import { BUNDLE_TOKENS } from '#contracts/words.ts';
import { problems } from '#http/app.ts';
import { contextOf } from '../context.ts';
import { decisionsOf } from '../decide.ts';
import { memoryOf, note, readNotes } from '../notes.ts';
import type { LiveLab } from '../open-lab.ts';

/** What software agents ask of the lab: decisions, and what they must know and remember. */
export function addAgents(app: FastifyInstance, lab: LiveLab): void {
  app.get(
    '/api/v1/decide',
    {
      schema: {
        summary:
          'Of each connector and variant the path through the decision trees, and the recovery that is recommended',
        response: { 200: decisionsShape, ...problems(403) },
      },
    },
    () => decisionsOf(lab),
  );
  addContext(app, lab);
  addMemory(app, lab);
}

interface Asked {
  readonly Params: { readonly mode: string };
  readonly Querystring: { readonly tokens?: string };
}

const { least, usual, most } = BUNDLE_TOKENS;
/** These numbers as they are written in a query, all others being refused: what the document allows is then accepted. */
export const WITHIN = '^(?:[5-9][0-9]{2}|[1-9][0-9]{3}|[12][0-9]{4}|3[01][0-9]{3}|32000)$';
const TOKENS = `at most so many tokens, from ${least} to ${most}; ${usual} where it is left out`;

function addContext(app: FastifyInstance, lab: LiveLab): void {
  app.get<Asked>(
    '/api/v1/context/:mode',
    {
      schema: {
        summary: 'What an agent must know of a failure mode, most important first, within a number of tokens',
        params: { type: 'object', properties: { mode: { type: 'string' } }, required: ['mode'] },
        querystring: {
          type: 'object',
          properties: { tokens: { type: 'string', pattern: WITHIN, description: TOKENS } },
          additionalProperties: false,
        },
        response: { 200: bundleShape, ...problems(400, 403, 404) },
      },
    },
    ({ params, query }) => contextOf(lab, params.mode, Number(query.tokens ?? usual)),
  );
}

function addMemory(app: FastifyInstance, lab: LiveLab): void {
  app.get(
    '/api/v1/memory',
    {
      schema: {
        summary: 'What is known of the pipeline from earlier: what the lab saw, and what was noted',
        response: { 200: memoryShape, ...problems(403) },
      },
    },
    async () => memoryOf(lab.report(), readNotes(lab.options.home)),
  );
  app.post<{ Body: NoteRequest }>(
    '/api/v1/memory',
    {
      schema: {
        security: [{ token: [] }],
        summary: 'Notes issues, failures and recoveries, which stay until the lab is removed',
        body: noteRequestShape,
        response: { 200: memoryShape, ...problems(400, 401, 403, 413, 415) },
      },
    },
    async ({ body }) => memoryOf(lab.report(), note(lab.options.home, body)),
  );
}
