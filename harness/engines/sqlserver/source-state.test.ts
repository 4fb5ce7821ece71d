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

test('the log has as many bytes as were written, and a connector reads it that asks for changes', async () => {
  expect(await logBytes(recordingDatabase([['num_of_bytes_written', [{ bytes: '4096' }]]]))).toBe(4096);
  expect(await logBytes(recordingDatabase())).toBe(0);
  expect(await isStreamed(recordingDatabase([['most_recent_sql_handle', [{ streamed: '1' }]]]))).toBe(true);
  expect(await isStreamed(recordingDatabase())).toBe(false);
});
