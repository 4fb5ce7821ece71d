// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnoseSetUp } from './diagnose.ts';
import {
  at,
  brokers,
  type Change,
  CREATED,
  capture,
  capturing,
  connect,
  from,
  items,
  pipeline,
  reader,
  reading,
  reads,
  refused,
  SOUND,
  schema,
  slot,
  source,
  tabled,
  targeted,
  to,
  UNREAD,
  writing,
} from './facts.fixture.ts';
import { SET_UP_CAUSES } from './index.ts';
import { KAFKA } from './kafka.fixture.ts';
import { GROWING } from './retained.fixture.ts';
import { WAITED } from './waits.fixture.ts';
import { WORDS } from './words.fixture.ts';

const { connector: _, ...gone } = connect('mark_source');
const { connector: __, ...goneToo } = connect('mark_sink');
const TRACE = 'org.Wrapped: it failed\n\tat a.b(C.java:1)\nCaused by: org.Inner: the reason\n\t... 7 more';
const failed = { state: 'RUNNING', tasks: [{ id: 0, state: 'FAILED', trace: TRACE, reason: 'org.Inner: the reason' }] };
const idle = { name: 'old', plugin: 'pgoutput', active: false, walStatus: 'reserved' };

const reach = (side: 'source' | 'target', whose: typeof from): Record<string, readonly [Change, string]> => ({
  [`${side}-host-unknown`]: [{ [side]: refused(whose, 'host-unknown') }, 'correct the host'],
  [`${side}-unreachable`]: [{ [side]: refused(whose, 'unreachable') }, 'or set what ${env:WORD} stands for'],
  [`${side}-wrong-engine`]: [{ [side]: refused(whose, 'wrong-engine') }, 'correct scheme or port'],
  [`${side}-not-admitted`]: [
    { [side]: refused(whose, 'not-admitted', 'no pg_hba.conf entry for host "::1", user "app"') },
    `host "${whose.database}" "app" ::1/128 scram-sha-256`,
  ],
  [`${side}-password`]: [{ [side]: refused(whose, 'password') }, `ALTER ROLE "app" PASSWORD '…'`],
  [`${side}-no-database`]: [{ [side]: refused(whose, 'no-database') }, `CREATE DATABASE "${whose.database}"`],
  [`${side}-no-connection-left`]: [
    { [side]: refused(whose, 'no-connection-left', 'too many connections for role "app"') },
    'ALTER ROLE "app" CONNECTION LIMIT -1',
  ],
  [`${side}-refused`]: [{ [side]: refused(whose, 'refused') }, 'see what the server says'],
});

/** By code: what is different from a pipeline that runs, and a part of the fix. */
const PLANTS: Readonly<Record<string, readonly [Change, string]>> = {
  ...WORDS,
  ...KAFKA,
  'connectors-share-slot': [reading({ shared: [{ what: 'slot', name: 'mark', with: ['other'] }] }), 'slot.name=…'],
  'connectors-share-group': [
    writing({ shared: [{ what: 'group', name: 'g', with: ['other'] }] }),
    'consumer.override.group.id=…',
  ],
  'reference-vault': [
    {
      unresolved: [
        {
          ...{ whose: 'the source', reference: '${vault:secret/database/shop:password}' },
          refused: { why: 'Vault is sealed (found: sealed)', fix: 'vault operator unseal' },
        },
      ],
    },
    'vault operator unseal',
  ],
  'reference-unset': [{ unresolved: [{ whose: 'the source', reference: '${env:WORD}' }] }, 'export WORD=…'],
  ...reach('source', from),
  ...reach('target', to),
  'source-table-missing': [
    { source: { place: from, read: { ...source, tables: [] } } },
    'CREATE TABLE "public"."items" (…)',
  ],
  'source-table-unreadable': [tabled({ readable: false }), 'GRANT SELECT ON "public"."items" TO "app"'],
  'source-table-keyless': [tabled({ key: [] }), 'ADD PRIMARY KEY (…)'],
  'target-table-missing': [targeted({ exists: false }), 'create shop … --on-existing truncate'],
  'target-column-missing': [targeted({ lacks: [{ column: 'note', add: 'ALTER it' }] }), 'ALTER it'],
  'target-create-missing': [
    {
      ...CREATED,
      ...capturing({ slots: [], senders: 0 }),
      ...targeted({ exists: false }, [{ ...schema, creates: false }]),
    },
    'GRANT CREATE ON SCHEMA "public" TO "app"',
  ],
  'target-right-missing': [
    targeted({ rights: ['SELECT', 'INSERT'] }),
    'GRANT UPDATE, DELETE ON "public"."items" TO "app"',
  ],
  'source-not-capturable': [
    {
      source: {
        place: from,
        read: { tables: [items], known: [], uncapturable: { says: 'log_bin=OFF', hint: 'log_bin=ON' } },
      },
    },
    'log_bin=ON',
  ],
  'source-wal-level': [
    capturing({ settings: { ...capture.settings, wal_level: 'replica' } }),
    'ALTER SYSTEM SET wal_level = logical',
  ],
  'source-no-replication': [capturing({ replication: false }), 'ALTER ROLE "app" REPLICATION'],
  'source-slots-used-up': [
    { ...CREATED, ...capturing({ slots: [idle], senders: 0 }) },
    `pg_drop_replication_slot('old')`,
  ],
  'source-senders-used-up': [
    { ...CREATED, ...capturing({ slots: [], senders: 2 }) },
    'ALTER SYSTEM SET max_wal_senders = 12',
  ],
  ...WAITED,
  ...GROWING,
  'publication-not-allowed': [
    {
      ...CREATED,
      source: { place: from, read: { ...source, capture: { ...withoutPublication(), createsPublications: false } } },
    },
    'GRANT CREATE ON DATABASE "own" TO "app"',
  ],
  'slot-missing': [capturing({ slots: [], senders: 0 }), 'driftlab pipeline delete shop'],
  'slot-lost': [capturing({ slots: [{ ...slot, active: false, walStatus: 'lost' }] }), 'driftlab pipeline delete shop'],
  'slot-other-plugin': [capturing({ slots: [{ ...slot, plugin: '' }] }), 'driftlab pipeline delete shop'],
  'slot-active': [
    capturing({ slots: [{ ...slot, reader: { ...reader, application: 'psql' } }] }),
    'SELECT pg_terminate_backend(7)',
  ],
  'publication-missing': [
    { source: { place: from, read: { ...source, capture: withoutPublication() } } },
    'CREATE PUBLICATION "mark" FOR TABLE "public"."items"',
  ],
  'publication-lacks-table': [
    capturing({ publication: { allTables: false, tables: [] } }),
    'ALTER PUBLICATION "mark" ADD TABLE "public"."items"',
  ],
  'brokers-unreachable': [{ brokers: refused(at('kafka:9092'), 'unreachable') }, 'start the brokers'],
  'source-connect-unreachable': [{ sourceConnect: refused(at('http://one:8083'), 'unreachable') }, '--connect'],
  'sink-connect-unreachable': [{ sinkConnect: refused(at('http://two:8083'), 'unreachable') }, '--sink-connect'],
  'source-plugin-missing': [reading({ plugins: [] }), 'plugin.path'],
  'sink-plugin-missing': [writing({ plugins: [] }), 'plugin.path'],
  'topics-missing': [
    { brokers: { place: at('kafka:9092'), read: { ...brokers, topics: [] } } },
    'driftlab pipeline start shop',
  ],
  'source-connector-missing': [
    { ...UNREAD, sourceConnect: { place: at('http://one:8083'), read: gone } },
    'driftlab pipeline start shop',
  ],
  'sink-connector-missing': [
    { sinkConnect: { place: at('http://two:8083'), read: goneToo } },
    'driftlab pipeline start shop',
  ],
  'source-connector-failed': [{ ...UNREAD, ...reading({ connector: failed }) }, 'driftlab pipeline start shop'],
  'sink-connector-failed': [writing({ connector: failed }), 'driftlab pipeline start shop'],
  'source-connector-halted': [
    { ...UNREAD, ...reading({ connector: { state: 'PAUSED', tasks: [] } }) },
    'driftlab pipeline start shop',
  ],
  'sink-connector-halted': [writing({ connector: { state: 'STOPPED', tasks: [] } }), 'driftlab pipeline start shop'],
  'source-log-removed': [
    { source: { place: from, read: { tables: [items], known: [], gone: 'the server has removed file 1' } } },
    'driftlab pipeline create shop … --on-existing truncate',
  ],
  'manager-missing': [pipeline({ carriedHere: true }), 'driftlab pipeline start shop'],
};

function withoutPublication() {
  const { publication: _gone, ...rest } = capture;
  return rest;
}

const diagnosed = (change: Change) => diagnoseSetUp({ ...SOUND, ...change });
const codes = (change: Change) => diagnosed(change).causes.map(({ code }) => code);

test('a cause has a code of its own, a page of the documentation, and its place in docs/pipelines.md', () => {
  const all = SET_UP_CAUSES.map(({ code }) => code);
  expect(new Set(all).size).toBe(all.length);
  const page = readFileSync(join(import.meta.dirname, '../../../docs/pipelines.md'), 'utf8');
  for (const { code, docs, title } of SET_UP_CAUSES) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([docs, title]).toEqual([expect.stringMatching(/^https:\/\//), expect.stringMatching(/\.$/)]);
    expect(page).toContain(`\`${code}\``);
  }
});

test('every cause is planted', () => {
  expect(Object.keys(PLANTS).sort()).toEqual(SET_UP_CAUSES.map(({ code }) => code).sort());
});

test.for(Object.entries(PLANTS))(
  '%s is named, first where nothing else is wrong, with what fixes it',
  ([code, [change, fix]]) => {
    const [first, ...others] = diagnosed(change).causes;
    expect([first?.code, others.map((one) => one.code)]).toEqual([code, []]);
    expect(first?.fix.run.join('\n')).toContain(fix);
    expect(first?.evidence.length).toBeGreaterThan(0);
    expect(JSON.stringify(first)).not.toMatch(/undefined|null|[’‘]/);
  },
);

test('nothing is wrong with a pipeline that runs, that was only created, or was stopped by its manager', () => {
  expect(codes({})).toEqual([]);
  expect(
    codes({ ...CREATED, ...capturing({ slots: [], senders: 0 }), ...targeted({ exists: false, rights: undefined }) }),
  ).toEqual([]);
  const stopped = { connector: { state: 'STOPPED', tasks: [] } };
  expect(
    codes({
      ...pipeline({ status: 'STOPPED', cdcStatus: 'STOPPED' }),
      ...UNREAD,
      ...reading(stopped),
      ...writing(stopped),
    }),
  ).toEqual([]);
});

test('what must work first comes first', () => {
  const everything = Object.assign(
    {},
    ...['sink-connector-failed', 'brokers-unreachable', 'slot-lost', 'target-right-missing', 'reference-unset'].map(
      (code) => PLANTS[code]?.[0],
    ),
  ) as Change;
  expect(codes(everything)).toEqual([
    'reference-unset',
    'target-right-missing',
    'slot-lost',
    'brokers-unreachable',
    'sink-connector-failed',
  ]);
});

test('a pipeline that only loads needs nothing for capture', () => {
  const { brokers: _b, sourceConnect: _c, sinkConnect: _s, ...servers } = SOUND;
  const loading = { ...servers, ...pipeline({ cdc: false, mode: 'full_load_only', cdcStatus: 'NOT_STARTED' }) };
  const bare = {
    ...capture,
    settings: { wal_level: 'replica' },
    replication: false,
    createsPublications: false,
    slots: [],
  };
  const read = { ...source, tables: [{ ...items, key: [], owned: false }], capture: bare };
  expect(diagnoseSetUp({ ...loading, source: { place: from, read } }).causes).toEqual([]);
});

test('a slot that the connector reads is its own; one that it does not read is read by another connector', () => {
  const { connector: _gone, ...rest } = reads;
  const without = { sourceConnect: { place: at('http://one:8083'), read: { ...rest, connector: failed } } };
  expect(codes(without)).toEqual(['slot-active', 'source-connector-failed']);
  // Where Connect does not answer, nobody knows whose Debezium it is.
  expect(codes({ sourceConnect: refused(at('http://one:8083'), 'unreachable') })).toEqual([
    'source-connect-unreachable',
  ]);
});

test('one group of workers that does not answer is one cause', () => {
  const away = refused(at('http://one:8083'), 'unreachable');
  expect(codes({ sourceConnect: away, sinkConnect: away })).toEqual(['source-connect-unreachable']);
});

test('a failed task is reported by the last cause of its trace, with the messages of the others', () => {
  const [cause] = diagnosed(writing({ connector: failed })).causes;
  expect(cause?.says).toBe('mark_sink has failed: org.Inner: the reason');
  expect(cause?.evidence[0]).toContain('task 0 is FAILED: org.Wrapped: it failed ← Caused by: org.Inner: the reason');
  expect(cause?.evidence[0]).not.toContain('C.java');
});

test('a connector whose name was never stored is looked for by the mark, with the last error', () => {
  const error = pipeline({ status: 'ERROR', cdcStatus: 'ERROR', lastError: 'Step 2: refused' });
  const read = { ...gone, inferred: true, names: [] };
  const { causes } = diagnosed({ ...error, ...UNREAD, sourceConnect: { place: at('http://one:8083'), read } });
  expect(causes[0]?.evidence.join('\n')).toMatch(
    /connectors: none\nthe state has no name of it[^\n]*\nthe last error of the pipeline: Step 2: refused/,
  );
});

test('where no cause fits a pipeline that failed, its last error and what was looked at stand in the place of one', () => {
  const { causes, looked_at } = diagnosed(pipeline({ status: 'ERROR', lastError: 'Step 1: odd', lastErrorAt: 'then' }));
  expect(causes).toMatchObject([
    {
      code: 'unexplained',
      certainty: 'unknown',
      evidence: ['the last error of the pipeline, of then: Step 1: odd', ...looked_at],
    },
  ]);
  expect(looked_at).toEqual([
    'the state: status ERROR, cdc_status RUNNING, loaded',
    'the source app@db:5432/own: 1 of 1 tables, their keys and rights; wal_level logical, 1 slots, 1 WAL senders',
    'the target app@db:5432/copy: 1 of 1 tables, their columns and rights',
    'the brokers kafka:9092: 1 of the 1 topics',
    'the workers of the source connector http://one:8083: 1 plugins; mark_source: RUNNING, RUNNING',
    'the workers of the sink connector http://two:8083: 1 plugins; mark_sink: RUNNING, RUNNING',
  ]);
});
