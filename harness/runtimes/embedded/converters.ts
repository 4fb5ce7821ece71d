import type { RegistryAddresses } from '#model/stack.ts';

type Settings = Readonly<Record<string, string | boolean>>;

const HOUR_MS = 3_600_000;

export const AVRO_CONVERTER = 'io.apicurio.registry.utils.converter.AvroConverter';

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

/**
 * Avro as Confluent's converter writes it: a magic byte and the schema's number before the payload, and nothing in headers. The
 * number is that under which Confluent's API knows the schema (`contentId`).
 */
export function avroConverters({ ownUrl }: Pick<RegistryAddresses, 'ownUrl'>): Settings {
  return ofBoth(AVRO_CONVERTER, {
    'apicurio.registry.url': ownUrl,
    'apicurio.registry.auto-register': true,
    'apicurio.registry.as-confluent': true,
    'apicurio.registry.use-id': 'contentId',
    'apicurio.registry.headers.enabled': false,
    // Confluent's remember schemas for good. By default these ask again after 30 s, and fail where they get no answer.
    'apicurio.registry.check-period-ms': String(HOUR_MS),
  });
}
