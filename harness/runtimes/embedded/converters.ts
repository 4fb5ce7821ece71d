import { AVRO_CONVERTER, AVRO_WIRE_FORMAT } from '#model/registry-converter.ts';
import type { RegistryAddresses } from '#model/stack.ts';

type Settings = Readonly<Record<string, string | boolean>>;

function ofBoth(converter: string, settings: Settings): Settings {
  const own = Object.entries({ '': converter, ...settings });
  return Object.fromEntries(
    own.flatMap(([name, value]) =>
      ['key', 'value'].map((part) => [`${part}.converter${name === '' ? '' : `.${name}`}`, value] as const),
    ),
  );
}

/** JSON with the schema in each record; `plain` without any. */
export function jsonConverters(format: 'json' | 'plain'): Settings {
  return ofBoth('org.apache.kafka.connect.json.JsonConverter', {
    'schemas.enable': format === 'json',
    // By default a NULL in a column that has a default becomes that default on its way.
    'replace.null.with.default': false,
  });
}

export function avroConverters({ ownUrl }: Pick<RegistryAddresses, 'ownUrl'>): Settings {
  return ofBoth(AVRO_CONVERTER, { 'apicurio.registry.url': ownUrl, ...AVRO_WIRE_FORMAT });
}
