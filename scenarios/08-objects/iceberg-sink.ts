import { iceberg } from '#lab.ts';

/**
 * Iceberg's own sink, in the modes that concern it: it lists no objects, and neither does a reader of its tables. Before anything is
 * broken it writes a column's default in place of NULL (apache/iceberg#17652), so that column is left out.
 */
export const icebergSink = iceberg({
  title: "Apache Iceberg's sink for Kafka Connect",
  except: { 'public.orders': ['gift'] },
});
