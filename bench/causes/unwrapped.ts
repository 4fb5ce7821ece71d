import type { Configuration } from '../cases/situation.ts';

/**
 * A JDBC sink connector that takes the envelope off, then applies these transforms, then writes to the table that the topic's
 * name ends with. Each transform is given by its alias, with its properties.
 */
export function unwrapped(transforms: Readonly<Record<string, Configuration>>): Configuration {
  const all = {
    unwrap: { type: 'io.debezium.transforms.ExtractNewRecordState' },
    ...transforms,
    route: {
      type: 'org.apache.kafka.connect.transforms.RegexRouter',
      regex: '.*\\.(.*)',
      replacement: '$1',
    },
  };
  return {
    transforms: Object.keys(all).join(','),
    ...Object.fromEntries(
      Object.entries(all).flatMap(([alias, properties]) =>
        Object.entries(properties).map(([name, value]) => [`transforms.${alias}.${name}`, value]),
      ),
    ),
    'collection.name.format': `\${topic}`,
  };
}
