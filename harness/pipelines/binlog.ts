import type { Admin } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import type { Binlog, Database } from '#model/pipeline.ts';

interface BinlogParts {
  readonly source: Database;
  readonly admin: Pick<Admin, 'deleteTopics'>;
  /** Its connectors. */
  readonly connectors: readonly { readonly config: Readonly<Record<string, string>> }[];
}

/** The part of a pipeline that breaks its source's binary log; empty where the source has none. */
export function openBinlog({ source, admin, connectors }: BinlogParts): { readonly binlog?: Binlog } {
  const { binlog: port } = engineOf(source).source;
  if (port === undefined) return {};
  const history = connectors.flatMap(({ config }) => port.historyTopic(config) ?? []);
  return {
    binlog: {
      rotate: () => port.rotate(source),
      purge: (file) => port.purge(source, file),
      setRowImage: (image) => port.setRowImage(source, image),
      deleteHistory: () => admin.deleteTopics({ topics: history }),
    },
  };
}
