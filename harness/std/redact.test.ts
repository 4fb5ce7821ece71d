import { expect, test } from 'vitest';
import { redacted } from './redact.ts';

test.each([
  ['database.password', 'hunter2', '(hidden)'],
  ['consumer.override.sasl.jaas.config', 'x required username="a" password="hunter2";', '(hidden)'],
  [
    'connection.url',
    'jdbc:postgresql://db/dw?user=a&password=hunter2',
    'jdbc:postgresql://db/dw?user=a&password=(hidden)',
  ],
  [
    'connection.url',
    'jdbc:postgresql://db/dw?sslpassword=hunter2&user=a',
    'jdbc:postgresql://db/dw?sslpassword=(hidden)&user=a',
  ],
  ['connection.url', 'jdbc:sqlserver://db;Password={hun;ter2};user=a', 'jdbc:sqlserver://db;Password=(hidden);user=a'],
  ['connection.url', 'jdbc:mysql://a:hun@ter2@db:3306/dw', 'jdbc:mysql://a:(hidden)@db:3306/dw'],
  ['connection.url', 'jdbc:oracle:thin:scott/hunter2@//db:1521/dw', 'jdbc:oracle:thin:scott/(hidden)@//db:1521/dw'],
  ['connection.url', 'jdbc:postgresql://db:5432/dw?user=me@corp', 'jdbc:postgresql://db:5432/dw?user=me@corp'],
  ['primary.key.mode', 'record_key', 'record_key'],
])('%s=%s is shown as %s', (name, value, shown) => {
  expect(redacted(name, value)).toBe(shown);
});
