import type { ReconcileEngine } from '#reconcile/engine.ts';
import { pairing } from './forms.ts';
import { connectPostgres } from './side.ts';

export const postgresReconcile: ReconcileEngine = { name: 'postgres', connect: connectPostgres, pairing };
