import { expect, test } from 'vitest';
import { AVRO_CONVERTER, type RegistryConverter } from '#model/registry-converter.ts';
import { converterSettings } from './converter-settings.ts';

const REGISTRY = { url: 'http://127.0.0.1:1/apis/ccompat/v7', ownUrl: 'http://127.0.0.1:1/apis/registry/v2' };
const here = (converter: Omit<RegistryConverter, 'part'>, config: Record<string, string>) =>
  converterSettings(
    Object.fromEntries(Object.entries(config).map(([name, value]) => [`value.converter${name}`, value])),
    [{ part: 'value', ...converter }],
    REGISTRY,
  );

test('what stands in for Confluent’s has the registry here, keeps how subjects are named, and loses logins', () => {
  const settings = here(
    { api: 'confluent', format: 'Avro', here: 'avro' },
    {
      '': 'io.confluent.connect.avro.AvroConverter',
      '.schema.registry.url': 'https://registry.internal',
      '.basic.auth.user.info': 'me:hunter2',
      '.value.subject.name.strategy': 'io.confluent.kafka.serializers.subject.RecordNameStrategy',
      '.enhanced.avro.schema.support': 'true',
    },
  );
  expect(settings).toMatchObject({
    'value.converter': AVRO_CONVERTER,
    'value.converter.schema.registry.url': null,
    'value.converter.basic.auth.user.info': null,
    'value.converter.value.subject.name.strategy': null,
    'value.converter.apicurio.registry.url': REGISTRY.ownUrl,
    'value.converter.apicurio.registry.as-confluent': 'true',
    'value.converter.apicurio.registry.artifact-resolver-strategy':
      'io.apicurio.registry.serde.avro.strategy.QualifiedRecordIdStrategy',
    'value.converter.apicurio.registry.check-period-ms': '3600000',
  });
  expect(settings).not.toHaveProperty(['value.converter.enhanced.avro.schema.support']);
});

test('how often Apicurio’s own asks again is its owner’s to say', () => {
  const avro = { api: 'apicurio', format: 'Avro', here: 'avro' } as const;
  const period = 'value.converter.apicurio.registry.check-period-ms';
  expect(here(avro, { '': AVRO_CONVERTER })[period]).toBeNull();
  expect(here(avro, { '': AVRO_CONVERTER, '.apicurio.registry.check-period-ms': '5' })[period]).toBe('5');
});

test('a converter of their own has the registry here, and no other address', () => {
  const own = here(
    { api: 'confluent', format: 'Protobuf', here: 'own' },
    {
      '': 'io.confluent.connect.protobuf.ProtobufConverter',
      '.schema.registry.url': 'https://registry.internal',
      '.auto.register.schemas': 'false',
      '.use.latest.version': 'true',
      '.bearer.auth.token': 'hunter2',
      '.proxy.uri': 'http://proxy.internal',
      '.optional.for.nullables': 'true',
    },
  );
  expect(own).toEqual({
    'value.converter.schema.registry.url': REGISTRY.url,
    'value.converter.auto.register.schemas': 'true',
    'value.converter.use.latest.version': null,
    'value.converter.bearer.auth.token': null,
    'value.converter.proxy.uri': null,
  });
});

test('settings of a converter that is not named are left out', () => {
  expect(here({ api: 'confluent', here: 'worker' }, { '.schema.registry.url': 'https://registry.internal' })).toEqual({
    'value.converter.schema.registry.url': null,
  });
});
