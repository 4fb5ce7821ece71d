import { expect, test } from 'vitest';
import { whyLeftOut } from '#std/captured.ts';
import { capturing, fitSink, fitSource, subscribed, tablesMadeBy, topicOf } from './own-connectors.ts';

const server = { engine: 'postgres', host: '127.0.0.1', port: 5433, user: 'me', password: 'pw' };
const on = (database = 'd') => ({ server, database, brokers: ['127.0.0.1:9093'] });
const table = (schema: string, name: string) => ({ schema, name, columns: [], key: [] });
const users = table('public', 'users');

test('only addresses and credentials are replaced, each told with both values, secrets hidden', () => {
  const theirs = {
    'database.hostname': 'db',
    'database.password': 'theirs',
    'plugin.name': 'pgoutput',
    'slot.name': 's',
    x: 'y',
  };
  const { config, replaced } = fitSource('c', theirs, on());
  expect(config).toMatchObject({
    'database.hostname': '127.0.0.1',
    'database.password': 'pw',
    'slot.name': 's',
    x: 'y',
  });
  expect(replaced).toContainEqual({ connector: 'c', property: 'database.hostname', theirs: 'db', here: '127.0.0.1' });
  expect(replaced).toContainEqual({ connector: 'c', property: 'database.port', theirs: null, here: '5433' });
  expect(replaced.map(({ property }) => property)).not.toContain('plugin.name');
  expect(JSON.stringify(replaced)).not.toMatch(/theirs"?:"theirs|"pw"/);
});

test('a decoding plugin that this server lacks becomes pgoutput, and TLS is turned off', () => {
  const { config } = fitSource('c', { 'plugin.name': 'wal2json', 'database.sslmode': 'verify-full' }, on());
  expect(config).toMatchObject({ 'plugin.name': 'pgoutput', 'database.sslmode': 'disable' });
});

test('a TLS mode that is content without TLS stays, and so do the paths of certificates, at which nobody looks', () => {
  const theirs = { 'plugin.name': 'pgoutput', 'database.sslmode': 'prefer', 'database.sslrootcert': '/etc/ca.pem' };
  expect(fitSource('c', theirs, on()).config).toMatchObject(theirs);
  expect(fitSource('c', { ...theirs, 'database.sslmode': 'require' }, on()).replaced).toContainEqual({
    ...{ connector: 'c', property: 'database.sslmode', theirs: 'require', here: 'disable' },
  });
});

test("what a sink's owner has set in the URL stays there, and the address alone is told as replaced", () => {
  const { config, replaced } = fitSink(
    's',
    { 'connection.url': 'jdbc:postgresql://dw/dw?stringtype=unspecified&password=hunter2', 'connection.username': 'x' },
    on('sink'),
  );
  expect(config['connection.url']).toBe('jdbc:postgresql://127.0.0.1:5433/sink?stringtype=unspecified');
  expect(replaced).toContainEqual({
    connector: 's',
    property: 'connection.url',
    theirs: 'jdbc:postgresql://dw/dw?stringtype=unspecified&password=(hidden)',
    here: 'jdbc:postgresql://127.0.0.1:5433/sink?stringtype=unspecified',
  });
});

test("Hibernate's own login gives way to the lab's, its other settings stay", () => {
  const theirs = { 'hibernate.connection.password': 'hunter2', 'hibernate.connection.stringtype': 'unspecified' };
  const { config, replaced } = fitSink('s', theirs, on('sink'));
  expect(config).not.toHaveProperty(['hibernate.connection.password']);
  expect(config).toMatchObject({ 'hibernate.connection.stringtype': 'unspecified' });
  expect(JSON.stringify(replaced)).not.toContain('hunter2');
});

test('where the envelope is taken off, what the verifier must see goes into headers beside what is there', () => {
  const unwrap = { transforms: 'u', 'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState' };
  const { config } = fitSource('c', { ...unwrap, 'transforms.u.add.headers': 'db,op' }, on());
  expect(config['transforms.u.add.headers']).toBe('db,op,source.lsn,source.txId');
});

test('what of MariaDB may have no value in a header is kept from the sinks, unless its owner has asked for it', () => {
  const mariadb = { ...on(), server: { ...server, engine: 'mariadb' } };
  const unwrap = { transforms: 'u', 'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState' };
  const headers = (own: string) => fitSource('c', { ...unwrap, 'transforms.u.add.headers': own }, mariadb).emptyHeaders;
  expect(headers('')).toEqual(['__source_gtid', '__source_snapshot', '__transaction_total_order']);
  expect(headers('source.gtid,source.snapshot')).toEqual(['__transaction_total_order']);
  expect(fitSource('c', unwrap, on()).emptyHeaders).toEqual([]);
  const theirs = { transforms: 'route' };
  expect(fitSink('s', theirs, on('sink'), { unseen: ['__a', '__b'] }).config).toMatchObject({
    transforms: 'driftlab,route',
    'transforms.driftlab.type': 'org.apache.kafka.connect.transforms.DropHeaders',
    'transforms.driftlab.headers': '__a,__b',
  });
  expect(fitSink('s', theirs, on('sink')).config).toMatchObject(theirs);
});

test('what is hidden from a connector is excluded, unless its own lists leave it out already', () => {
  const fitted = (config: Record<string, string>) => fitSource('c', config, on(), { hidden: true }).config;
  expect(fitted({})).toMatchObject({ 'schema.exclude.list': 'driftlab' });
  expect(fitted({ 'schema.exclude.list': 'audit' })).toMatchObject({ 'schema.exclude.list': 'audit,driftlab' });
  expect(fitted({ 'table.include.list': 'public.users' })).not.toHaveProperty(['schema.exclude.list']);
});

test("a sink keeps its user's property name", () => {
  const { config } = fitSink('s', { 'connection.user': 'x', 'connection.url': 'jdbc:postgresql://w/d' }, on('sink'));
  expect(config).toMatchObject({ 'connection.url': 'jdbc:postgresql://127.0.0.1:5433/sink', 'connection.user': 'me' });
  expect(config).not.toHaveProperty('connection.username');
});

test("a sink reads the topics of the lab's own connector where there is no other", () => {
  const { config, replaced } = fitSink('s', { 'topics.regex': 'shop.*' }, on('sink'), { topics: ['a', 'b'] });
  expect(config).toMatchObject({ topics: 'a,b' });
  expect(config).not.toHaveProperty(['topics.regex']);
  expect(replaced).toContainEqual({ connector: 's', property: 'topics', theirs: null, here: 'a,b' });
  expect(replaced).toContainEqual({ connector: 's', property: 'topics.regex', theirs: 'shop.*', here: null });
});

test("addresses of their Kafka and its security never reach the lab's workers, and each is told", () => {
  const theirs = {
    'producer.override.bootstrap.servers': 'kafka.prod:9092',
    'producer.override.security.protocol': 'SASL_SSL',
    'producer.override.sasl.jaas.config': 'x required password="theirs";',
    'admin.override.ssl.truststore.location': '/etc/ssl/prod.jks',
    'consumer.override.confluent.monitoring.interceptor.bootstrap.servers': 'kafka.prod:9092',
    'signal.kafka.bootstrap.servers': 'kafka.prod:9092',
    'signal.consumer.security.protocol': 'SASL_SSL',
    'schema.history.internal.kafka.bootstrap.servers': 'kafka.prod:9092',
    'schema.history.internal.producer.sasl.mechanism': 'PLAIN',
    'consumer.override.group.id': 'mine',
  };
  for (const { config, replaced } of [fitSource('c', theirs, on()), fitSink('c', theirs, on())]) {
    expect(JSON.stringify(config)).not.toMatch(/prod|SASL|PLAIN|theirs/);
    expect(config).toMatchObject({
      'signal.kafka.bootstrap.servers': '127.0.0.1:9093',
      'consumer.override.group.id': 'mine',
    });
    const told = replaced.map(({ property }) => property);
    expect(told).toEqual(expect.arrayContaining(Object.keys(theirs).filter((name) => !name.endsWith('group.id'))));
    expect(JSON.stringify(replaced)).not.toContain('password=\\"theirs');
  }
});

test("records are compressed only in a way that the verifier's own reader can undo", () => {
  const property = 'producer.override.compression.type';
  for (const [theirs, here] of [
    ['lz4', 'none'],
    ['zstd', 'none'],
    ['gzip', 'gzip'],
  ] as const)
    expect(fitSource('c', { [property]: theirs }, on()).config[property]).toBe(here);
  expect(fitSource('c', {}, on()).config).not.toHaveProperty([property]);
});

test('a topic has as many partitions as its connector asks for, within a limit', () => {
  const asking = (partitions: string) => ({ 'topic.prefix': 'a', 'topic.creation.default.partitions': partitions });
  const made = (partitions: string) => [...capturing([asking(partitions)], [users]).partitions];
  expect(made('1')).toEqual([['a.public.users', 1]]);
  expect(made('3')).toEqual([['a.public.users', 3]]);
  expect(made('400')).toEqual([['a.public.users', 16]]);
  expect(made('-1')).toEqual([]);
  expect([...capturing([{ 'topic.prefix': 'a' }], [users]).partitions]).toEqual([]);
});

test("a topic gets the one replica that the lab's single broker can keep", () => {
  const theirs = {
    'topic.creation.default.replication.factor': '3',
    'topic.creation.default.min.insync.replicas': '2',
    'topic.creation.default.partitions': '6',
    'topic.creation.logs.replication.factor': '-1',
    'errors.deadletterqueue.topic.name': 'failed',
  };
  const { config, replaced } = fitSink('s', theirs, on());
  expect(config).toMatchObject({
    'topic.creation.default.replication.factor': '1',
    'topic.creation.default.min.insync.replicas': '1',
    'topic.creation.default.partitions': '6',
    'topic.creation.logs.replication.factor': '-1',
    'errors.deadletterqueue.topic.replication.factor': '1',
  });
  const property = 'errors.deadletterqueue.topic.replication.factor';
  expect(replaced).toContainEqual({ connector: 's', property, theirs: null, here: '1' });
  const one = fitSink('s', { ...theirs, [property]: '1' }, on()).replaced;
  expect(one.map((entry) => entry.property)).not.toContain(property);
  expect(fitSink('s', {}, on()).config).not.toHaveProperty([property]);
});

test('on three brokers a topic keeps the replicas that it asks for, and no more', () => {
  const here = { ...on(), brokers: ['a:1', 'b:1', 'c:1'] };
  const theirs = {
    'topic.creation.default.replication.factor': '3',
    'topic.creation.default.min.insync.replicas': '2',
    'topic.creation.logs.replication.factor': '5',
    'errors.deadletterqueue.topic.name': 'failed',
  };
  const { config } = fitSink('s', theirs, here);
  expect(config).toMatchObject({ ...theirs, 'topic.creation.logs.replication.factor': '3' });
  expect(config).not.toHaveProperty(['errors.deadletterqueue.topic.replication.factor']);
});

test('a password within an address is hidden where the address is told', () => {
  const { replaced } = fitSink('s', { 'connection.url': 'jdbc:postgresql://db/dw?user=a&password=hunter2' }, on());
  expect(replaced).toContainEqual(
    expect.objectContaining({ theirs: 'jdbc:postgresql://db/dw?user=a&password=(hidden)' }),
  );
});

test.each([
  [{}, undefined],
  [{ 'table.include.list': 'public\\.us.*' }, undefined],
  [{ 'table.include.list': 'public.other' }, 'table.include.list does not name it'],
  [{ 'table.exclude.list': 'PUBLIC.users' }, 'table.exclude.list names it'],
  [{ 'schema.include.list': 'shop' }, 'schema.include.list does not name it'],
  [{ 'table.include.list': 'users' }, 'table.include.list does not name it'],
])('%j: why public.users is left out: %s', (config, why) => {
  expect(whyLeftOut(config, users)).toBe(why);
});

test('a topic is named by prefix, delimiter and routing', () => {
  expect(topicOf({ 'topic.prefix': 'p' }, users)).toBe('p.public.users');
  expect(topicOf({ 'topic.prefix': 'p', 'topic.delimiter': '-' }, users)).toBe('p-public-users');
  expect(topicOf({ 'topic.prefix': 'p' }, { ...users, database: 'shop' })).toBe('p.shop.public.users');
  const route = {
    ...{ transforms: 'r', 'transforms.r.type': 'org.apache.kafka.connect.transforms.RegexRouter' },
    ...{ 'transforms.r.regex': 'p\\.([^.]+)\\.(.*)', 'transforms.r.replacement': '$2_of_$1' },
  };
  expect(topicOf({ 'topic.prefix': 'p', ...route }, users)).toBe('users_of_public');
});

test('of several connectors each has its own tables; what none captures is told', () => {
  const of = (name: string) => ({ 'topic.prefix': name, 'table.include.list': `public.${name}` });
  const { routes, uncaptured } = capturing(
    [of('a'), of('b')],
    ['a', 'b', 'c'].map((name) => table('public', name)),
  );
  expect(routes.map(({ topic }) => topic)).toEqual(['a.public.a', 'b.public.b']);
  expect(uncaptured).toEqual([{ table: 'public.c', why: 'table.include.list does not name it' }]);
});

test('a table that two connectors write to one topic has every event twice, one that each writes to its own has not', () => {
  const tables = ['a', 'b'].map((name) => table('public', name));
  const both = (...prefixes: string[]) => prefixes.map((prefix) => ({ 'topic.prefix': prefix }));
  expect(capturing(both('p', 'p'), tables).doubled).toEqual(['public.a', 'public.b']);
  expect(capturing(both('p', 'q'), tables).doubled).toEqual([]);
  const [all] = both('p');
  const onlyB = { 'topic.prefix': 'p', 'table.include.list': 'public.b' };
  expect(capturing([{ ...all }, onlyB], tables).doubled).toEqual(['public.b']);
});

test.each([
  ['public.lines:order_id', ['order_id'], true],
  ['other.t:x;public\\.(lines|rows):order_id,note', ['order_id', 'note'], false],
  ['public.lines:no,order_id', undefined, undefined],
  ['public.lines:nowhere', undefined, undefined],
  ['', undefined, undefined],
])("message.key.columns=%s: the events' key is %j", (columns, expected, namesRows) => {
  const column = (name: string, nullable = false) => ({ name, type: 'int', nullable, generated: false });
  const lines = {
    ...{ schema: 'public', name: 'lines', key: ['order_id', 'no'] },
    columns: [column('order_id'), column('no'), column('note', true)],
  };
  const { eventKeys } = capturing([{ 'topic.prefix': 'p', 'message.key.columns': columns }], [lines]);
  expect(eventKeys.get('public.lines')).toEqual(expected && { columns: expected, namesRows });
});

test('a sink subscribes by list or by pattern', () => {
  expect(subscribed({ topics: 'a, b' }, ['a', 'b', 'c'])).toEqual(['a', 'b']);
  expect(subscribed({ 'topics.regex': 'p\\..*' }, ['p.a', 'q.b'])).toEqual(['p.a']);
});

test.each([
  [{ 'schema.evolution': 'basic' }, 'created'],
  [{ 'schema.evolution': 'none' }, 'none'],
  [{ 'auto.create': 'true' }, 'created'],
  [{ 'auto.create': 'false' }, 'none'],
  [{ 'auto.create': 'false', 'auto.evolve': 'true' }, 'altered'],
  [{}, 'none'],
])('%j: tables of the sink are %s by the connector', (config, made) => {
  expect(tablesMadeBy(config)).toBe(made);
});
