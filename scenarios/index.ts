import type { Scenario } from '#model/scenario.ts';
import { canonical } from './01-canonical-reference/scenario.ts';
import { mariadbSource } from './02-mariadb-source/scenario.ts';
import { sqlserverSource } from './03-sqlserver-source/scenario.ts';
import { clusters } from './04-clusters/scenario.ts';
import { network } from './05-network/scenario.ts';
import { registry } from './06-registry/scenario.ts';
import { compatibility } from './07-compatibility/scenario.ts';
import { objectStore } from './08-objects/scenario.ts';

/** Every scenario there is. A new one is a folder and a line here. */
export const scenarios: readonly Scenario[] = [
  canonical,
  mariadbSource,
  sqlserverSource,
  clusters,
  network,
  registry,
  compatibility,
  objectStore,
];
