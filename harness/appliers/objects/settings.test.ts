import { expect, test } from 'vitest';
import { type ObjectsSettings, readSettings, settingsVariable } from './settings.ts';

const settings: ObjectsSettings = {
  ...{ brokers: ['127.0.0.1:1'], groupId: 'g', folder: 'f/', engine: 'postgres' },
  ...{ names: 'times', format: 'parquet' },
  routes: [{ topic: 'p.public.t', table: 'public.t' }],
  s3: { bucket: 'b', endpoint: 'http://127.0.0.1:2', credentials: { keyId: 'k', secret: 's' } },
  kinds: new Map([['public.t', new Map([['id', { kind: 'integer', bits: 64 } as const]])]]),
  flush: { records: 1, bytes: 2, ms: 3, heldBytes: 4 },
};

test('a process is told the same that it reads', () => {
  expect(readSettings(settingsVariable(settings))).toEqual(settings);
  const { registry } = readSettings(settingsVariable({ ...settings, registry: 'http://127.0.0.1:3' }));
  expect(registry).toMatchObject({ url: 'http://127.0.0.1:3' });
});
