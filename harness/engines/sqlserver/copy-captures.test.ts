import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { copyCaptures } from './copy-captures.ts';

const capture = (instance: string, more: object = {}) => ({
  ...{
    source_schema: 'sales',
    source_table: "it'ems",
    capture_instance: instance,
    captured_column_list: '[id], [name]',
  },
  ...{ supports_net_changes: '0', role_name: null, index_name: 'PK_items', create_date: '2026-01-01 00:00:00.000' },
  ...more,
});

test('a copy is captured as its original is, the older capture of a table first', async () => {
  const original = recordingDatabase([
    ['is_cdc_enabled AS captured', [{ captured: '1' }]],
    [
      'sp_cdc_help_change_data_capture',
      [
        capture('newer', { create_date: '2026-02-01 00:00:00.000' }),
        capture('sales_items', { supports_net_changes: '1', role_name: 'readers' }),
      ],
    ],
  ]);
  const copy = recordingDatabase();
  await copyCaptures(original, copy);
  expect(copy.asked[0]).toContain('EXEC sys.sp_cdc_enable_db');
  const begun =
    "EXEC sys.sp_cdc_enable_table @source_schema = N'sales', @source_name = N'it''ems', @capture_instance = N";
  expect(copy.asked.slice(1)).toEqual([
    `${begun}'sales_items', @role_name = N'readers', @supports_net_changes = 1, @index_name = N'PK_items', @captured_column_list = N'[id], [name]'`,
    `${begun}'newer', @role_name = NULL, @supports_net_changes = 0, @captured_column_list = N'[id], [name]'`,
  ]);
});

test('nothing is captured of a copy whose original is not', async () => {
  const copy = recordingDatabase();
  await copyCaptures(recordingDatabase([['is_cdc_enabled AS captured', [{ captured: '0' }]]]), copy);
  expect(copy.asked).toEqual([]);
});
