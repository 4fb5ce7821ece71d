import type { FastifyInstance } from 'fastify';
import { decisionsShape } from '#contracts/decision.ts';
import { problems } from '#http/app.ts';
import { decisionsOf } from '../decide.ts';
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
}
