import { type Group, table } from '../planting.ts';

const KEY = 'id integer PRIMARY KEY';
const JOINED = table('south_staff', 'name text', `'s' || g`, { sink: false });

/** Names that lead elsewhere than to the table that is meant. */
export const routing: Group = {
  id: 'routing',
  about: 'topics and tables of other names than those that are meant',
  plantings: [
    {
      code: 'sink-name-case',
      tables: [
        table('ledgers', 'label text', `'l' || g`, {
          sink: false,
          sinkAfter: `CREATE TABLE "Ledgers" (${KEY}, label text);`,
        }),
      ],
    },
    {
      code: 'sink-table-elsewhere',
      tables: [
        table('boards', 'label text', `'b' || g`, {
          sinkAfter: `CREATE TABLE boards_copy (${KEY}, label text);`,
        }),
      ],
      connector: { 'collection.name.format': `\${source.table}_copy` },
    },
    {
      code: 'fan-in-keys-collide',
      tables: [
        table('north_staff', 'name text', `'n' || g`, {
          sink: false,
          sinkAfter: `CREATE TABLE joint (${KEY}, name text);`,
        }),
        JOINED,
      ],
      source: {
        transforms: 'join',
        'transforms.join.type': 'io.debezium.transforms.ByLogicalTableRouter',
        'transforms.join.topic.regex': '(.*)\\.public\\.(?:north|south)_staff',
        'transforms.join.topic.replacement': '$1.public.joint',
        'transforms.join.key.enforce.uniqueness': 'false',
      },
      connector: { topics: 'fan_in_keys_collide.public.joint', 'collection.name.format': 'joint' },
      mapping: { north_staff: { table: 'joint' }, south_staff: { table: 'joint' } },
    },
    { name: 'sound', tables: [table('notes', 'body text', `'n' || g`)] },
  ],
};

/** A topic that the source's router moves out of the sink connector's sight: lost to all subjects, so it is alone in its run. */
export const rerouted: Group = {
  id: 'rerouted',
  about: 'a routing transform that moves a topic away from the sink connector',
  operations: 60,
  source: {
    transforms: 'move',
    'transforms.move.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.move.regex': '(.*)\\.public\\.entries',
    'transforms.move.replacement': '$1.archive.entries',
  },
  plantings: [
    {
      code: 'topic-rerouted',
      tables: [table('lists', 'name text', `'l' || g`), table('entries', 'name text', `'e' || g`)],
      connector: { topics: 'lab.public.lists' },
    },
  ],
};
