import type { SinkPort } from '#engines/port/sink.ts';
import { openSqlServerSink } from './apply.ts';
import { DEDUP_STATE_SQL } from './apply-bookkeeping.ts';
import { effectsOf, keepUnchangedValues, noteEffects } from './effects.ts';
import { isJdbcUrl, jdbcUrlHere } from './jdbc-url.ts';
import { demandedColumns, dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOver } from './pass-over.ts';
import { sinkConnectorConfig } from './sink-connector.ts';
import { createSinkTable } from './sink-ddl.ts';
import { readSinkState } from './sink-state.ts';

export const sink: SinkPort = {
  open: openSqlServerSink,
  connectorConfig: sinkConnectorConfig,
  dedupState: DEDUP_STATE_SQL,
  isJdbcUrl,
  jdbcUrl: jdbcUrlHere,
  // What a type of somebody's own is made over is a column's type at the sink.
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
};
