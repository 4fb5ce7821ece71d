import { engineOf } from '#engines/index.ts';
import type { Network } from '#model/network.ts';
import type { Capability, DatabaseServer, Node, NodeName, Service } from '#model/stack.ts';

/** Of what a stack can do follows from what it is made of. */
export interface Parts {
  readonly nodes: ReadonlyMap<NodeName, Pick<Node, 'can'>>;
  readonly services: readonly Service[];
  readonly source: Pick<DatabaseServer, 'engine' | 'ownPrefix'>;
  readonly network?: Network | undefined;
}

/** What can be done whatever runs the servers: it takes their clients alone. */
const BY_CLIENTS: readonly Capability[] = ['topic-config', 'source-ddl', 'sink-write'];

/** What can be done to a stack: what can be to every node that faults are for, and what its source is like. */
export function capabilitiesOf({ nodes, services, source, network }: Parts): ReadonlySet<Capability> {
  const broken = services.filter(({ kind }) => kind !== 'database').flatMap((service) => service.nodes);
  const all = (able: Node['can'][number]): boolean => broken.every((name) => nodes.get(name)?.can.includes(able));
  return new Set([
    ...BY_CLIENTS,
    ...(['kill', 'pause', 'restart'] as const).filter(all),
    ...sourceCapabilities(source),
    ...clusterCapabilities(services),
    ...(['registry', 'objects'] as const).filter((name) => services.some(({ kind }) => kind === name)),
    ...(network === undefined ? [] : (['network'] as const)),
  ]);
}

/** A majority of the controllers, which the brokers are as well, has to be left when one fails. */
const BROKERS_MIN = 3;

function clusterCapabilities(services: readonly Service[]): Capability[] {
  const each = (kind: Service['kind'], min: number): boolean => {
    const alike = services.filter((service) => service.kind === kind);
    return alike.length > 0 && alike.every(({ nodes }) => nodes.length >= min);
  };
  return [
    ...(each('brokers', BROKERS_MIN) ? (['broker-cluster'] as const) : []),
    ...(each('workers', 2) ? (['worker-group'] as const) : []),
  ];
}

/** What a source of this engine can be made to suffer, whatever runs its server; its settings only on one that is the lab's alone. */
function sourceCapabilities(server: Parts['source']): Capability[] {
  const { alterColumn, binlog, cleanUp } = engineOf(server).source;
  return [
    ...(binlog === undefined ? [] : (['binlog'] as const)),
    ...(alterColumn === undefined ? [] : (['column-ddl'] as const)),
    ...(cleanUp === undefined ? [] : (['change-tables'] as const)),
    ...(server.ownPrefix === undefined ? (['source-settings'] as const) : []),
  ];
}
