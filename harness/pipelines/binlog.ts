import type { Admin } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import type { Binlog, Database } from '#model/pipeline.ts';

interface BinlogParts {
  readonly source: Database;
  readonly admin: Pick<Admin, 'deleteTopics'>;
  /** First part of the connector's topics. */
  readonly prefix: string;
}

/** The part of a pipeline that breaks its source's binary log; empty where the source has none. */
export function openBinlog({ source, admin, prefix }: BinlogParts): { readonly binlog?: Binlog } {
  const { binlog: port } = engineOf(source).source;
  if (port === undefined) return {};
  return {
    binlog: {
      rotate: () => port.rotate(source),
      purge: (file) => port.purge(source, file),
      setRowImage: (image) => port.setRowImage(source, image),
      deleteHistory: () => admin.deleteTopics({ topics: [port.historyTopic(prefix)] }),
    },
  };
}
