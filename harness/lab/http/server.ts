import type { FastifyInstance } from 'fastify';
import type { Catalogue } from '#contracts/catalogue.ts';
import { type HttpServer, serveApp } from '#http/app.ts';
import { createMetrics } from '../metrics.ts';
import type { LiveLab } from '../open-lab.ts';
import { addRoutes } from './routes.ts';

export interface ServerOptions {
  readonly lab: LiveLab;
  readonly port: number;
  readonly token: string;
  /** Adds paths that are not the lab's own, behind the same guard. */
  readonly addMore?: ((app: FastifyInstance) => void) | undefined;
  readonly catalogue: Catalogue;
}

const STATUS: Readonly<Record<string, number>> = {
  'fault-under-way': 409,
  'fault-healed': 409,
  'node-down': 409,
  'fault-impossible': 409,
  'lab-not-ready': 503,
  'too-many-readers': 503,
  'unknown-mode': 404,
  'unknown-step': 404,
  'unknown-fault': 404,
};

/** Serves the lab on 127.0.0.1. Throws an OperatorError (`port-taken`) where another program has the port. */
export function serveLab({ lab, port, token, catalogue, addMore }: ServerOptions): Promise<HttpServer> {
  return serveApp({
    ...{ port, token },
    tokenIn: 'the file "token" of the lab’s folder (.lab/live, or DRIFTLAB_HOME)',
    otherPort: `end it, or take another port: DRIFTLAB_PORT=${port + 1} npx driftlab up`,
    title: 'Driftlab, the live lab',
    description: 'Watches a CDC pipeline, breaks it, and reports what happened to every row.',
    statusOf: ({ code }) => STATUS[code] ?? 400,
    addRoutes(app) {
      addRoutes(app, lab, { metrics: createMetrics(lab), catalogue });
      addMore?.(app);
    },
  });
}
