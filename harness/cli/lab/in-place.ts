import type { Here } from '#manager/here.ts';
import { type LabServers, labServers } from '#manager/lab-servers.ts';
import { OperatorError, reworded } from '#std/errors.ts';

/**
 * The servers of the live lab, in place of a cluster that is not named. Throws an OperatorError (exit 2) where none runs: `how` says
 * there what names one.
 */
export function labInPlace(here: Pick<Here, 'lab'>, how: string): LabServers {
  try {
    return labServers(here);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw reworded(error, 'no cluster is named, and no live lab runs in its place', 2, `${how}; or npx driftlab up`);
  }
}
