import type { SinkPort } from '#engines/port/sink.ts';
import { openMariadbSink } from './apply.ts';
import { DEDUP_STATE_SQL } from './apply-bookkeeping.ts';
import { effectsOf, keepUnchangedValues, noteEffects } from './effects.ts';
import type { Flavour } from './flavour.ts';
import { jdbcUrlsOf } from './jdbc-url.ts';
import { demandedColumns, dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOverOf } from './pass-over.ts';
import { sinkConnectorConfig } from './sink-connector.ts';
import { createSinkTable } from './sink-ddl.ts';
import { readSinkState } from './sink-state.ts';

export const sinkOf = (flavour: Flavour): SinkPort => ({
  open: openMariadbSink,
  connectorConfig: (options) => sinkConnectorConfig(options, flavour),
  dedupState: DEDUP_STATE_SQL,
  ...jdbcUrlsOf(flavour),
  // A type is no object of its own here.
  copyTypes: async () => new Map(),
  createTable: (database, table, options) => createSinkTable(database, table, options, flavour),
  demandedColumns: (sink, table) => demandedColumns({ query: sink.query, engine: flavour.name }, table),
  dropSpanning,
  empty: emptyDatabase,
  keepUnchangedValues: (sink, table) => keepUnchangedValues(sink, table, flavour),
  noteEffects: (sink, table) => noteEffects(sink, table, flavour),
  effectsOf,
  passOver: passOverOf(flavour),
  state: (database) => readSinkState(database, flavour),
});
