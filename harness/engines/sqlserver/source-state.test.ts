import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { isStreamed, logBytes, state } from './source-state.ts';

test('what bears on the capture is told as far as the server shows it', async () => {
  const database = recordingDatabase([
    ['sys.databases', [{ is_cdc_enabled: '1', recovery_model_desc: 'SIMPLE', collation_name: null }]],
    ['dm_server_services', [{ service: 'SQL Server Agent (X)', state: 'Running' }]],
    [
      'sp_cdc_help_jobs',
      [
        { job_type: 'capture', pollinginterval: '5' },
        { job_type: 'cleanup', retention: '4320' },
      ],
    ],
  ]);
  expect((await state(database)).settings).toEqual({
    ...{ is_cdc_enabled: '1', recovery_model_desc: 'SIMPLE', agent: 'Running' },
    ...{ capture_polling_s: '5', cleanup_retention_minutes: '4320' },
  });
  const shut = { query: () => Promise.reject(new Error('permission denied')) };
  expect((await state(shut)).settings).toEqual({});
});

test('what was kept when it was asked before, and is not kept any more, has been removed', async () => {
  const kept = (orders: string | null, lines: string) =>
    recordingDatabase([
      [
        'cdc.change_tables',
        [
          { schema: 'dbo', table: 'orders', instance: 'dbo_orders', start: orders, columns: '3' },
          { schema: 'dbo', table: 'orders', instance: 'dbo_orders_2', start: '0x00000099000007580005', columns: '3' },
          { schema: 'dbo', table: 'lines', instance: 'dbo_lines', start: lines, columns: '3' },
        ],
      ],
      ['dm_cdc_errors', [{ number: '1205', message: 'deadlocked' }]],
    ]);
  const [at1, at2] = ['0x00000027000007580005', '0x00000027000007580006'];
  const before = await state(kept(at1, at1));
  expect(before.settings).toEqual({
    capture_error: '1205: deadlocked',
    'changes_kept_from dbo.orders': '00000027:00000758:0005',
    'changes_kept_from dbo.lines': '00000027:00000758:0005',
  });
  expect((await state(kept(at1, at2), before)).settings).toEqual({
    ...before.settings,
    'changes_kept_from dbo.lines': '00000027:00000758:0006',
    'changes_removed_before dbo.lines': '00000027:00000758:0006',
  });
  // A capture that the capture job has not come to yet has removed nothing.
  expect((await state(kept(null, at1))).settings).toMatchObject({
    'changes_kept_from dbo.orders': '00000099:00000758:0005',
  });
});

test('connectors stream once each of them asks for changes', async () => {
  const seen = (connectors: string, streaming: string) =>
    recordingDatabase([['sys.dm_exec_sessions', [{ connectors, streaming }]]]);
  expect(await isStreamed(seen('2', '2'))).toBe(true);
  expect(await isStreamed(seen('2', '1'))).toBe(false);
  expect(await isStreamed(seen('0', '0'))).toBe(false);
  expect(await isStreamed(recordingDatabase())).toBe(false);
});

test('the log has as many bytes as were written', async () => {
  expect(await logBytes(recordingDatabase([['num_of_bytes_written', [{ bytes: '4096' }]]]))).toBe(4096);
  expect(await logBytes(recordingDatabase())).toBe(0);
});
