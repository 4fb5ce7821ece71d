import { expect, test } from 'vitest';
import { concealed } from './conceal.ts';

test('every secret of a configuration is kept elsewhere, and nothing else', () => {
  const kept = new Map<string, string>();
  const config = {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'connection.url': 'jdbc:postgresql://127.0.0.1:5432/shop?password=inline&stringtype=unspecified',
    'connection.password': 's3cret',
    'producer.override.sasl.jaas.config': 'Module required password="x";',
    'value.converter.basic.auth.user.info': '',
    'slot.name': `\${env:DRIFTLAB_TEST_SLOT}`,
    'database.password': `\${driftlab:/secrets:one}`,
    topics: 'lab.public.orders',
  };
  process.env.DRIFTLAB_TEST_SLOT = 'mine';
  const shown = concealed('a/b', config, (file, value) => {
    kept.set(file, value);
    return `<${file}>`;
  });
  delete process.env.DRIFTLAB_TEST_SLOT;
  expect([...kept.values()].sort()).toEqual(
    [
      config['connection.url'],
      config['connection.password'],
      config['producer.override.sasl.jaas.config'],
      'mine',
    ].sort(),
  );
  for (const file of kept.keys()) expect(file).toMatch(/^a_b\.[\w.-]+\.[0-9a-f]{8}$/);
  expect(shown).toMatchObject({ topics: config.topics, 'database.password': config['database.password'] });
  expect(shown).toMatchObject({ 'connector.class': config['connector.class'] });
  expect(JSON.stringify(shown)).not.toMatch(/s3cret|inline|password=/);
});

test('connectors and properties whose names are alike do not share a file', () => {
  const files = new Set<string>();
  for (const connector of ['a/b', 'a_b', 'a b'])
    concealed(connector, { password: 'x' }, (file) => {
      files.add(file);
      return '';
    });
  expect(files.size).toBe(3);
});
