import type { SinkPort } from '#engines/port/sink.ts';
import { openMariadbSink } from './apply.ts';
import { effectsOf, keepUnchangedValues, noteEffects } from './effects.ts';
import type { Flavour } from './flavour.ts';
import { jdbcUrlsOf } from './jdbc-url.ts';
import { demandedColumns, dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOver } from './pass-over.ts';
import { sinkConnectorConfig } from './sink-connector.ts';
import { createSinkTable } from './sink-ddl.ts';
import { readSinkState } from './sink-state.ts';

export const sinkOf = (flavour: Flavour): SinkPort => ({
  open: openMariadbSink,
  connectorConfig: (options) => sinkConnectorConfig(options, flavour),
  ...jdbcUrlsOf(flavour),
  // A type is no object of its own in MariaDB.
  copyTypes: async () => new Map(),
  createTable: createSinkTable,
  demandedColumns,
  dropSpanning,
  empty: emptyDatabase,
  keepUnchangedValues,
  noteEffects,
  effectsOf,
  passOver,
  state: readSinkState,
});
