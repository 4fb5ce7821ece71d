import { engineOf } from '#engines/index.ts';
import type { Capability, DatabaseServer } from '#model/stack.ts';

/** What a source of this engine can be made to suffer, whatever runs its server; its settings only on one that is the lab's alone. */
export function sourceCapabilities(server: Pick<DatabaseServer, 'engine' | 'ownPrefix'>): Capability[] {
  const { binlog, cleanUp } = engineOf(server).source;
  return [
    ...(binlog === undefined ? [] : (['binlog'] as const)),
    ...(cleanUp === undefined ? [] : (['change-tables'] as const)),
    ...(server.ownPrefix === undefined ? (['source-settings'] as const) : []),
  ];
}
