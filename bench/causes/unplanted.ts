const MARIADB =
  'needs a MariaDB source, and these servers are PostgreSQL: driftlab scenario mariadb-source --source mariadb plants it';

/** Causes that cannot be planted on these servers, and why: harness/diagnosis/causes/*.test.ts plants them from facts alone. */
export const UNPLANTED: Readonly<Record<string, string>> = {
  'binlog-purged': MARIADB,
  'schema-history-lost': MARIADB,
  'row-image-minimal': MARIADB,
  'ddl-not-understood':
    'needs a MariaDB source with a type that Debezium does not know, which the sample schema has none of',
  'slot-dropped-on-stop': 'shows when a connector is stopped in order, and a fault that stops one kills its worker',
  'slot-lost': "needs a bound on the log of the source's server, which all pipelines of a stack share",
  'slot-inactive': 'a slot belongs to one database, and each fault gets a copy of the source, without its slots',
  'slot-wal-grows': 'needs a connector that cannot store its offsets',
  'snapshot-when-needed': "shows when a connector's position is gone, which no fault takes away",
  'batch-reordered':
    "needs the order of a sink's writes, which is noted in the lab's own sinks alone; see harness/testing/defective",
  'truncate-overtakes': 'which of the partitions a connector reads first is not for the lab to choose',
  'sink-connection-lost': 'driftlab scenario network --only consumer-sink plants it',
  'sent-again-after-cut': 'whether something was on its way when the network was cut is not for the lab to choose',
  'retention-near': 'warns of what passes: when a step is judged, consumers have caught up or failed',
};
