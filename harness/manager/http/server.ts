import { type HttpServer, serveApp } from '#http/app.ts';
import type { OperatorError } from '#std/errors.ts';
import type { Desk } from '../desk.ts';
import type { Store } from '../state/store.ts';
import { addRoutes } from './routes.ts';

export interface ManagerServerOptions {
  readonly store: Store;
  readonly desk: Desk;
  readonly port: number;
  readonly token: string;
  /** Where whoever may have the token finds it. */
  readonly tokenIn: string;
}

/** Port on 127.0.0.1, unless somebody says otherwise. */
export const MANAGER_PORT = 8000;

const STATUS: Readonly<Record<string, number>> = {
  'unknown-pipeline': 404,
  'name-taken': 409,
  'pipeline-held': 409,
  'start-ended': 409,
  'target-not-empty': 409,
  'no-state': 503,
  'too-many-readers': 503,
};

/** What was asked wrongly is the client's (4xx); what a server of the pipeline refused or did not answer is its own (502). */
function statusOf({ code, exit }: OperatorError): number {
  return STATUS[code] ?? (exit === 2 ? 400 : 502);
}

/** Serves the pipelines of a state on 127.0.0.1. Throws an OperatorError (`port-taken`) where another program has the port. */
export function serveManager({ store, desk, port, token, tokenIn }: ManagerServerOptions): Promise<HttpServer> {
  return serveApp({
    ...{ port, token, tokenIn, statusOf },
    otherPort: `end it, or take another port: driftlab pipeline serve --port ${port + 1}`,
    title: 'Driftlab, a manager of CDC pipelines',
    description: 'Creates pipelines between databases, brings them up, and says why one is not up.',
    addRoutes: (app) => addRoutes(app, store, desk),
  });
}
