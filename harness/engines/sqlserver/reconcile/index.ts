import type { ReconcileEngine } from '#engines/port/reconcile.ts';
import { connectSqlServer } from './side.ts';

/** Columns go together by kind, with another engine's and with its own: this engine has no hash of a row. */
export const reconcile: ReconcileEngine = {
  name: 'sqlserver',
  connect: connectSqlServer,
  floatsAsBits: true,
};
