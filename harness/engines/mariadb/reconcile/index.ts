import type { ReconcileEngine } from '#engines/port/reconcile.ts';
import type { Flavour } from '../flavour.ts';
import { connectMariadb } from './side.ts';

/** Columns go together by kind, with another engine's and with its own: this engine has no hash of a row. */
export const reconcileOf = ({ name }: Flavour): ReconcileEngine => ({ name, connect: connectMariadb });
