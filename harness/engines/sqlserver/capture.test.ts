import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { captureInstances, captureState, captureTables, nextInstanceName, renewCapture } from './capture.ts';

const instance = (name: string, table = 'orders', start: string | null = '0x00000027000007580005') => ({
  ...{ schema: 'dbo', table, instance: name, start, columns: '3' },
});
const column = (name: string, captured = '1', more: object = {}) => ({
  ...{ name, captured, role: null, net: '0', index: 'PK_orders', ...more },
});
const captured = (...instances: ReturnType<typeof instance>[]) =>
  recordingDatabase([
    ['is_cdc_enabled AS captured', [{ captured: '1' }]],
    ["WHERE t.capture_instance = N'dbo_orders", [column('id'), column('tier', '0')]],
    ['cdc.change_tables', instances],
  ]);
const called = ({ asked }: { asked: string[] }) =>
  asked.filter((sql) => sql.includes('EXEC')).map((sql) => sql.replace(/@source_schema = N'dbo', /, ''));

test('captures are read with the commit from which they are', async () => {
  expect(await captureInstances(captured(instance('dbo_orders'), instance('new', 'orders', null)))).toEqual([
    { table: 'dbo.orders', name: 'dbo_orders', start: 0x27000007580005n, columns: 3 },
    { table: 'dbo.orders', name: 'new', start: undefined, columns: 3 },
  ]);
});

test('only tables that are not captured yet are', async () => {
  const database = captured(instance('dbo_orders'));
  await captureTables(database, ['dbo.orders', 'dbo.lines']);
  expect(called(database)).toEqual([
    "EXEC sys.sp_cdc_enable_table @source_name = N'lines', @capture_instance = N'dbo_lines', @role_name = NULL, @supports_net_changes = 0",
  ]);
});

test('a table whose columns changed is captured anew beside the capture of before', async () => {
  const database = captured(instance('dbo_orders'));
  await renewCapture(database, 'dbo.orders', ['tier']);
  expect(called(database)).toEqual([
    "EXEC sys.sp_cdc_enable_table @source_name = N'orders', @capture_instance = N'dbo_orders_2', @role_name = NULL, @supports_net_changes = 0",
  ]);
});

test('of two captures the older one is retired first', async () => {
  const database = captured(instance('dbo_orders'), instance('dbo_orders_2'));
  await renewCapture(database, 'dbo.orders', ['tier']);
  expect(called(database)).toEqual([
    "EXEC sys.sp_cdc_disable_table @source_name = N'orders', @capture_instance = N'dbo_orders'",
    "EXEC sys.sp_cdc_enable_table @source_name = N'orders', @capture_instance = N'dbo_orders_3', @role_name = NULL, @supports_net_changes = 0",
  ]);
});

test("what somebody said of a table's capture holds for the one after it", async () => {
  const settings = { role: "reader's", net: '1', index: 'UQ_orders' };
  const database = recordingDatabase([
    ['is_cdc_enabled AS captured', [{ captured: '1' }]],
    [
      "WHERE t.capture_instance = N'newer'",
      [column('id', '1', settings), column('secret', '0', settings), column('a]b', '0', settings)],
    ],
    ['cdc.change_tables', [instance('older'), instance('newer')]],
  ]);
  await renewCapture(database, 'dbo.orders', ['a]b']);
  expect(called(database)).toEqual([
    "EXEC sys.sp_cdc_disable_table @source_name = N'orders', @capture_instance = N'older'",
    "EXEC sys.sp_cdc_enable_table @source_name = N'orders', @capture_instance = N'dbo_orders', @role_name = N'reader''s', @supports_net_changes = 1, @index_name = N'UQ_orders', @captured_column_list = N'[id], [a]]b]'",
  ]);
});

test('what is not captured stays so', async () => {
  const uncaptured = recordingDatabase([['is_cdc_enabled AS captured', [{ captured: '0' }]]]);
  await renewCapture(uncaptured, 'dbo.orders', ['tier']);
  expect(uncaptured.asked).toHaveLength(1);
  const other = captured(instance('dbo_lines', 'lines'));
  await renewCapture(other, 'dbo.orders', ['tier']);
  expect(called(other)).toEqual([]);
});

test('a capture is called by its table, and by a number where that name is taken', () => {
  expect(nextInstanceName('sales.a b', [])).toBe('sales_a b');
  expect(nextInstanceName('dbo.t', ['dbo_t', 'dbo_t_3'])).toBe('dbo_t_2');
  expect(nextInstanceName(`dbo.${'t'.repeat(120)}`, []).length).toBe(90);
});

test('who waits for a capture that does not come is told of the Agent, and of what the capture job met', async () => {
  const agent = ['dm_server_services', [{ service: 'SQL Server Agent (MSSQLSERVER)', state: 'Stopped' }]] as const;
  expect(await captureState(recordingDatabase([agent]))).toBe('SQL Server Agent: Stopped; no scan of the log yet');
  const failing = recordingDatabase([
    ['dm_cdc_log_scan_sessions', [{ ended: 'x', latency_s: '40', errors: '2' }]],
    ['dm_cdc_errors', [{ number: '1205', message: 'deadlocked' }]],
  ]);
  expect(await captureState(failing)).toBe(
    'SQL Server Agent: unknown; last scan of the log: latency 40 s, 2 errors; 1205: deadlocked',
  );
});
