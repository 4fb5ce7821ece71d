// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type {
  Asked,
  BrokersSetUp,
  CaptureSetUp,
  ConnectSetUp,
  RefusalKind,
  SetUpFacts,
  SourceSetUp,
  TargetSetUp,
} from '#model/set-up.ts';

const place = (name: string) => ({
  ...{ where: `app@db:5432/${name}`, address: `postgres://app:\${env:WORD}@db/${name}`, title: 'PostgreSQL' },
  ...{ user: 'app', host: 'db', port: 5432, database: name },
});
export const [from, to] = [place('own'), place('copy')];
export const at = (where: string) => ({ where, address: where });

export const items = { id: 'public.items', readable: true, owned: true, owner: 'app', key: ['id'] };
export const slot = { name: 'mark', plugin: 'pgoutput', active: true, walStatus: 'reserved' };
export const reader = { pid: 7, user: 'app', application: 'Debezium Streaming', address: '10.0.0.1' };
export const capture: CaptureSetUp = {
  settings: { wal_level: 'logical', max_replication_slots: '1', max_wal_senders: '2', max_slot_wal_keep_size: '-1' },
  ...{
    superuser: false,
    replication: true,
    createsPublications: true,
    senders: 1,
    slots: [{ ...slot, reader }],
    waits: [],
  },
  publication: { allTables: false, tables: ['public.items'] },
};
export const source: SourceSetUp = { tables: [items], known: ['public.items'], capture };
const copy = {
  ...{ id: 'public.items', source: 'public.items', quoted: '"public"."items"', exists: true, lacks: [] },
  rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
};
export const schema = { name: 'public', exists: true, usable: true, creates: true };
export const target: TargetSetUp = { tables: [copy], schemas: [schema] };
export const brokers: BrokersSetUp = { wanted: ['mark.public.items'], topics: ['mark.public.items', 'other'] };
const running = { state: 'RUNNING', tasks: [{ id: 0, state: 'RUNNING' }] };
export const connect = (name: string): ConnectSetUp => ({
  ...{
    plugins: [`io.${name}`],
    names: [name],
    name,
    inferred: false,
    connectorClass: `io.${name}`,
    connector: running,
  },
});
export const reads = connect('mark_source');
const writes = connect('mark_sink');

const COMMANDS = {
  ...{ at: 'where the pipeline is managed', start: ['driftlab pipeline start shop'] },
  anew: [
    'driftlab pipeline delete shop',
    'driftlab pipeline create shop … --on-existing truncate',
    'driftlab pipeline start shop',
  ],
  ...{ status: 'driftlab pipeline status shop', diagnose: 'driftlab pipeline diagnose shop' },
};

/** A pipeline that runs, of which nothing is wrong. */
export const SOUND: SetUpFacts = {
  pipeline: {
    ...{
      name: 'shop',
      mark: 'mark',
      publication: 'mark',
      foreign: false,
      commands: COMMANDS,
      mode: 'full_load_and_cdc',
      cdc: true,
      carriedHere: false,
      held: false,
      onExisting: 'fail',
      tables: ['public.items'],
    },
    ...{ quoted: { 'public.items': '"public"."items"' }, status: 'RUNNING', cdcStatus: 'RUNNING', loaded: true },
  },
  unresolved: [],
  source: { place: from, read: source },
  target: { place: to, read: target },
  brokers: { place: at('kafka:9092'), read: brokers },
  sourceConnect: { place: at('http://one:8083'), read: reads },
  sinkConnect: { place: at('http://two:8083'), read: writes },
};

export type Change = Partial<SetUpFacts>;
export const pipeline = (more: Partial<SetUpFacts['pipeline']>): Change => ({
  pipeline: { ...SOUND.pipeline, ...more },
});
export const CREATED = pipeline({ loaded: false, status: 'CREATED', cdcStatus: 'NOT_STARTED' });
export const capturing = (more: Partial<CaptureSetUp>): Change => ({
  source: { place: from, read: { ...source, capture: { ...capture, ...more } } },
});
export const UNREAD = capturing({ slots: [{ ...slot, active: false }], senders: 0 });
export const tabled = (more: Partial<SourceSetUp['tables'][number]>): Change => ({
  source: { place: from, read: { ...source, tables: [{ ...items, ...more }] } },
});
export const targeted = (more: object, schemas = [schema]): Change => ({
  target: { place: to, read: { tables: [{ ...copy, ...more }], schemas } },
});
export const refused = <T>(where: Asked<T>['place'], kind: RefusalKind, says = 'no') => ({
  place: where,
  refusal: { kind, says },
});
export const reading = (more: Partial<ConnectSetUp>): Change => ({
  sourceConnect: { place: at('http://one:8083'), read: { ...reads, ...more } },
});
export const writing = (more: Partial<ConnectSetUp>): Change => ({
  sinkConnect: { place: at('http://two:8083'), read: { ...writes, ...more } },
});
/** A connector whose task has failed with these words. */
export const saying = (side: 'source' | 'sink', words: string, config: Record<string, string> = {}): Change => {
  const trace = `org.Wrapped: it failed\n\tat a.b(C.java:1)\nCaused by: ${words}`;
  const connector = { state: 'RUNNING', tasks: [{ id: 0, state: 'FAILED', trace, reason: words }] };
  return side === 'source' ? { ...UNREAD, ...reading({ connector, config }) } : writing({ connector, config });
};
export const reads5432 = { 'database.hostname': 'db', 'database.user': 'app', 'table.include.list': 'public.items' };
export const writesCopy = { 'connection.url': 'jdbc:postgresql://db/copy', 'connection.username': 'app' };
