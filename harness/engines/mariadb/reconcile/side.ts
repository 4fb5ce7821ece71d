import type { ConnectOptions, Side, TablePlan } from '#engines/port/reconcile.ts';
import { flavourOfUrl } from '../flavour.ts';
import { unreachable } from '../refusal.ts';
import { openConnections } from './connections.ts';
import { describeTable, type MariadbTable } from './describe.ts';
import { mariadbReader } from './reader.ts';

/** Moments are written in UTC, texts in UTF-8, and a zero in a column that counts is a zero. */
const REPAIR_BEGINS = `SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';
BEGIN;`;

export async function connectMariadb(url: string, { connections, signal }: ConnectOptions): Promise<Side> {
  const open = openConnections(url, connections, signal);
  try {
    const { rows } = await open.run('SELECT version()');
    return {
      engine: flavourOfUrl(url).name,
      version: rows[0]?.[0] ?? '',
      repairBegins: REPAIR_BEGINS,
      bytesMoved: open.bytesMoved,
      describe: (table) => describeTable(open.run, table),
      reader: (plan) => mariadbReader(plan as TablePlan & { readonly table: MariadbTable }, open.run),
      [Symbol.asyncDispose]: open.close,
    };
  } catch (error) {
    await open.close().catch(() => {});
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
}
