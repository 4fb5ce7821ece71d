import {
  AVRO_CONVERTER,
  AVRO_WIRE_FORMAT,
  type RegistryConverter,
  STRATEGY,
  strategyHere,
  strategyProperty,
} from '#model/registry-converter.ts';
import type { RegistryAddresses } from '#model/stack.ts';

type Config = Readonly<Record<string, string>>;
type Settings = Readonly<Record<string, string | null>>;

/** What Confluent's Avro converter and the one here know by the same name. */
const SHARED: ReadonlySet<string> = new Set([
  'connect.meta.data',
  'enhanced.avro.schema.support',
  'schemas.cache.config',
]);

/** What the converter here knows besides, and means without the address of a server or the login at one: Apicurio's 2.6.13. */
const APICURIO: ReadonlySet<string> = new Set(
  [
    ...['artifact.group-id', 'artifact.artifact-id', 'artifact.version', 'auto-register.if-exists', 'find-latest'],
    ...['cache-latest', 'check-period-ms', 'retry-count', 'retry-backoff-ms', 'fault-tolerant-refresh'],
    ...['dereference-schema', 'serializer.dereference-schema', 'deserializer.dereference-schema'],
    ...['avro-datum-provider', 'use-specific-avro-reader'],
  ].map((name) => `apicurio.registry.${name}`),
);

/** Logins, certificates, proxies and addresses of a registry, which somebody's own converter is not to use here. */
const ELSEWHERE =
  /(^|\.)(basic\.auth|bearer\.auth|sasl|ssl|tls|proxy|auth|request\.headers)\.|(^|[._])(urls?|uris?|endpoints?|hosts?|hostname|connection\.string)$/i;

/**
 * What of a connector's configuration must differ where its converters read and write with the registry here, which has no
 * schemas at first and asks for no login. Null for what is left out.
 */
export function converterSettings(
  config: Config,
  converters: readonly RegistryConverter[],
  registry: RegistryAddresses,
): Record<string, string | null> {
  const here: Record<string, string | null> = {};
  for (const converter of converters) {
    const name = `${converter.part}.converter`;
    const given = Object.keys(config).flatMap((property) =>
      property.startsWith(`${name}.`) ? [property.slice(name.length + 1)] : [],
    );
    const theirs = Object.fromEntries(given.map((property) => [property, config[`${name}.${property}`] ?? '']));
    if (converter.here === 'avro') here[name] = AVRO_CONVERTER;
    for (const [property, value] of Object.entries(settingsOf(theirs, converter, registry)))
      here[`${name}.${property}`] = value;
  }
  return here;
}

function settingsOf(theirs: Config, converter: RegistryConverter, registry: RegistryAddresses): Settings {
  const given = Object.keys(theirs);
  switch (converter.here) {
    case 'worker':
      return Object.fromEntries(given.map((property) => [property, null]));
    case 'own':
      return {
        ...Object.fromEntries(given.filter((one) => ELSEWHERE.test(one)).map((one) => [one, null])),
        ...ownSettings(theirs, converter, registry),
      };
    case 'avro': {
      const known = converter.api === 'confluent' ? SHARED : new Set([...SHARED, ...APICURIO]);
      const strategy = theirs[strategyProperty(converter)];
      const kept = strategy === undefined ? undefined : strategyHere(converter.api, strategy);
      return {
        ...Object.fromEntries(given.filter((one) => !known.has(one)).map((one) => [one, null])),
        'apicurio.registry.url': registry.ownUrl,
        ...AVRO_WIRE_FORMAT,
        ...(converter.api === 'apicurio' ? remembering(theirs) : {}),
        ...(kept === undefined ? {} : { [STRATEGY]: kept }),
      };
    }
  }
}

/** How long Apicurio's converter goes on without asking again is its owner's to say, and 30 s where they do not. */
function remembering(theirs: Config): Settings {
  const property = 'apicurio.registry.check-period-ms';
  return { [property]: theirs[property] ?? null };
}

/** Of a converter that is its owner's own the address alone differs, and that it finds no schema that was not registered by it. */
function ownSettings(theirs: Config, { api }: RegistryConverter, { url, ownUrl }: RegistryAddresses): Settings {
  if (api === 'apicurio') {
    const v3 = theirs['apicurio.registry.url']?.includes('/v3') === true;
    return {
      'apicurio.registry.url': v3 ? ownUrl.replace(/v2$/, 'v3') : ownUrl,
      'apicurio.registry.auto-register': 'true',
    };
  }
  return {
    'schema.registry.url': url,
    ...(theirs['auto.register.schemas'] === 'false' ? { 'auto.register.schemas': 'true' } : {}),
    ...(theirs['use.latest.version'] === 'true' ? { 'use.latest.version': null } : {}),
  };
}
