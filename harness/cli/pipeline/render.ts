import type { ObjectsTarget, Pipeline } from '#manager/pipeline.ts';
import { tableLines } from '../lab/table.ts';

const HEADINGS = ['name', 'mode', 'status', 'full load', 'cdc', 'rows', 'updated', 'last error'];
const ERROR_MAX = 60;

export function listLines(pipelines: readonly Pipeline[]): string[] {
  if (pipelines.length === 0) return ['no pipelines: driftlab pipeline create --help says how to make one'];
  const cells = pipelines.map(({ row }) => [
    ...[row.name, row.mode, row.status, row.full_load_status, row.cdc_status],
    ...[String(row.full_load_rows ?? ''), row.updated_at.slice(0, 19), (row.last_error ?? '').slice(0, ERROR_MAX)],
  ]);
  return tableLines(HEADINGS, cells);
}

export function showLines({ definition, held, row, loads }: Pipeline): string[] {
  const { objects, cdc } = definition;
  const { name, mode, ...statuses } = row;
  const shown: readonly (readonly [string, unknown])[] = [
    ['name', name],
    ['mode', mode],
    ['source', definition.source],
    ['target', definition.target],
    ['tables', definition.tables.join(', ')],
    objects === undefined ? ['on_existing', definition.onExisting] : ['objects', objectsText(objects)],
    ...(cdc === undefined || objects !== undefined ? [] : [['sink', cdc.sink ?? 'jdbc'] as const]),
    ['manager', held ? 'at work' : 'none'],
    ...Object.entries(statuses),
  ];
  const width = Math.max(...shown.map(([key]) => key.length));
  const lines = shown.map(([key, value]) => `${key.padEnd(width)}  ${value ?? '-'}`);
  if (loads.length === 0) return lines;
  const cells = loads.map((load) => [
    load.table,
    String(load.rows),
    String(load.rowsExpected),
    load.loaded ? 'loaded' : 'loading',
  ]);
  return [...lines, '', ...tableLines(['table', 'rows', 'of', ''], cells)];
}

function objectsText({ format, endpoint, region, everySeconds, cron, flushSeconds }: ObjectsTarget): string {
  const times = everySeconds === undefined ? cron : `every ${everySeconds} s`;
  const flush = flushSeconds === undefined ? undefined : `flushed every ${flushSeconds} s`;
  return [format, endpoint, region, times, flush].filter((part) => part !== undefined).join(', ');
}
