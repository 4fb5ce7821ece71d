// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import type { Database } from '#model/pipeline.ts';
import type { SetUpCause } from '#model/set-up.ts';
import { until } from '#std/wait.ts';
import type { PipelineBench } from './pipelines.ts';

/** The pipeline `shop` of the table `items`, from `${env:SOURCE}` to `${env:TARGET}` as the role `app`, and its servers. */
export interface ShopBench extends Pick<PipelineBench, 'source' | 'target' | 'restart' | 'pipeline'> {
  /** What a plant has to have taken away in the end. */
  readonly after: AsyncDisposableStack;
  readonly create: (...more: readonly string[]) => Promise<unknown>;
  /** Loads; its connectors cannot come up here. */
  readonly load: () => Promise<unknown>;
  /** How all that is the pipeline's at servers is called. */
  readonly mark: () => Promise<string>;
  /** What `${env:SOURCE}` or `${env:TARGET}` stands for: what is right, where no URL is given. */
  readonly set: (side: Side, change?: (right: URL) => string | undefined) => void;
}

type Side = 'source' | 'target';

/** What is wrong, the cause that says so, and what it has a person run. */
export interface Plant {
  readonly code: string;
  /** Before it is planted the pipeline has loaded. */
  readonly loaded?: true;
  plant(shop: ShopBench): Promise<unknown>;
  /** A part of what the cause says. */
  readonly says: string;
  /** The database in which its statements are to be run, and what stands for `…` in them. */
  readonly on?: Side;
  readonly known?: string;
  /** What a person does where it has no statements, or not they alone. */
  mend?(shop: ShopBench, cause: SetUpCause): Promise<unknown>;
}

/** Runs the statements that fix a cause. */
export async function runFix({ fix }: SetUpCause, on: Pick<Database, 'query'>, known = ''): Promise<void> {
  if (fix.by !== 'sql') throw new Error(`a fix in SQL, not ${fix.by}`);
  for (const line of fix.run) await on.query(line.replace('…', known));
}

const reload = ({ source }: ShopBench) => source.query('SELECT pg_reload_conf()');

async function settings({ source, restart }: ShopBench, sql: string): Promise<void> {
  await source.query(sql);
  await restart();
}

async function anew({ pipeline, source, create, load }: ShopBench): Promise<void> {
  await pipeline('delete', 'shop', '--forget');
  await source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  await create('--on-existing', 'truncate');
  await load();
}

/** Puts a line before all others of pg_hba.conf; what was there before is there again in the end. */
async function admitBy(shop: ShopBench, line: string): Promise<void> {
  const [{ hba_file: file } = { hba_file: '' }] = await shop.source.query<{ hba_file: string }>('SHOW hba_file');
  const before = readFileSync(file, 'utf8');
  shop.after.defer(async () => {
    writeFileSync(file, before);
    await reload(shop);
  });
  writeFileSync(file, `${line}\n${before}`);
  await reload(shop);
}

/** A connection that may read the log, and lasts until the test is over. */
async function replicating({ source, after }: ShopBench, application: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ connectionString: source.url, application_name: application, replication: 'database' },
  } as pg.ClientConfig);
  client.on('error', () => {});
  await client.connect();
  after.defer(() => client.end().catch(() => {}));
  return client;
}

export const PLANTS: readonly Plant[] = [
  {
    code: 'reference-unset',
    plant: async (shop) => shop.set('source', () => undefined),
    says: '${env:SOURCE} stands for nothing here',
    mend: async (shop) => shop.set('source'),
  },
  {
    code: 'source-host-unknown',
    plant: async (shop) => shop.set('source', () => 'postgres://app:sesame@nowhere.invalid/source'),
    says: 'No name server knows nowhere.invalid',
    mend: async (shop) => shop.set('source'),
  },
  {
    code: 'source-unreachable',
    plant: async (shop) => shop.set('source', () => 'postgres://app:sesame@127.0.0.1:1/source'),
    says: 'Nothing answers at 127.0.0.1:1',
    mend: async (shop) => shop.set('source'),
  },
  {
    code: 'source-password',
    plant: (shop) => shop.source.query("ALTER ROLE app PASSWORD 'other'"),
    says: 'refuses the password of app',
    ...{ on: 'source', known: 'sesame' },
  },
  {
    code: 'source-not-admitted',
    plant: (shop) => admitBy(shop, 'host source app 127.0.0.1/32 reject'),
    says: 'does not let app in from here',
    mend: (shop, { fix }) => admitBy(shop, fix.run[0] ?? ''),
  },
  {
    code: 'source-no-database',
    plant: async (shop) => {
      shop.set('source', ({ href }) => href.replace(/\/source$/, '/nowhere'));
      shop.after.defer(async () => void (await shop.source.query('DROP DATABASE nowhere WITH (FORCE)')));
    },
    says: 'has no database nowhere',
    on: 'source',
  },
  {
    code: 'target-password',
    plant: async (shop) => {
      shop.set('target', (url) => Object.assign(url, { password: 'wrong' }).href);
    },
    says: 'refuses the password of app',
    mend: async (shop) => shop.set('target'),
  },
  {
    code: 'target-unreachable',
    plant: async (shop) => shop.set('target', () => 'postgres://app:sesame@127.0.0.1:1/target'),
    says: 'Nothing answers at 127.0.0.1:1',
    mend: async (shop) => shop.set('target'),
  },
  {
    code: 'target-no-database',
    plant: async (shop) => {
      shop.set('target', ({ href }) => href.replace(/\/target$/, '/nowhere'));
      shop.after.defer(async () => void (await shop.target.query('DROP DATABASE nowhere WITH (FORCE)')));
    },
    says: 'has no database nowhere',
    on: 'target',
  },
  {
    code: 'source-table-missing',
    plant: (shop) => shop.source.query('DROP TABLE items'),
    says: 'no table public.items',
    ...{ on: 'source', known: 'id int PRIMARY KEY' },
  },
  {
    code: 'source-table-unreadable',
    plant: (shop) => shop.source.query('ALTER TABLE items OWNER TO CURRENT_USER; REVOKE ALL ON items FROM app'),
    says: 'app may not read public.items',
    on: 'source',
  },
  {
    code: 'source-table-keyless',
    plant: (shop) => shop.source.query('ALTER TABLE items DROP CONSTRAINT items_pkey'),
    says: 'public.items has no primary key',
    ...{ on: 'source', known: 'id' },
  },
  {
    code: 'source-wal-level',
    plant: async (shop) => {
      await settings(shop, 'ALTER SYSTEM SET wal_level = replica');
      shop.after.defer(() => settings(shop, 'ALTER SYSTEM RESET wal_level'));
    },
    says: 'wal_level is replica',
    mend: async (shop, cause) => {
      await runFix(cause, shop.source);
      await shop.restart();
    },
  },
  {
    code: 'source-no-replication',
    plant: (shop) => shop.source.query('ALTER ROLE app NOREPLICATION'),
    says: 'app lacks the attribute REPLICATION',
    on: 'source',
  },
  {
    code: 'source-slots-used-up',
    plant: (shop) =>
      shop.source.query(
        "SELECT pg_create_physical_replication_slot('full_' || i) FROM generate_series(1, current_setting('max_replication_slots')::int) AS i",
      ),
    says: 'replication slots of the source are in use',
    on: 'source',
  },
  {
    code: 'source-senders-used-up',
    plant: async (shop) => {
      const [most] = await shop.source.query<{ most: string }>("SELECT current_setting('max_wal_senders') AS most");
      const all = Array.from({ length: Number(most?.most) }, () => replicating(shop, 'idle'));
      await Promise.all(all);
    },
    says: 'WAL senders of the source are in use',
    mend: (shop) => shop.source.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_replication'),
  },
  {
    code: 'publication-not-allowed',
    plant: (shop) => shop.source.query('ALTER TABLE items OWNER TO CURRENT_USER; GRANT SELECT ON items TO app'),
    says: "may not create the pipeline's publication",
    on: 'source',
  },
  {
    code: 'target-create-missing',
    plant: (shop) => shop.target.query('REVOKE CREATE ON SCHEMA public FROM app'),
    says: 'app may not make public.items',
    on: 'target',
  },
  {
    code: 'target-right-missing',
    loaded: true,
    plant: (shop) => shop.target.query('ALTER TABLE items OWNER TO CURRENT_USER; GRANT SELECT, INSERT ON items TO app'),
    says: 'app lacks UPDATE, DELETE on public.items',
    on: 'target',
  },
  {
    code: 'target-column-missing',
    loaded: true,
    plant: (shop) => shop.target.query('ALTER TABLE items DROP COLUMN note'),
    says: 'lacks public.items.note',
    on: 'target',
  },
  {
    code: 'target-table-missing',
    loaded: true,
    plant: (shop) => shop.target.query('DROP TABLE items'),
    says: 'no table public.items any more',
    mend: anew,
  },
  {
    code: 'publication-lacks-table',
    loaded: true,
    plant: async (shop) => shop.source.query(`ALTER PUBLICATION ${await shop.mark()} DROP TABLE items`),
    says: 'lacks public.items',
    on: 'source',
  },
  {
    code: 'publication-missing',
    loaded: true,
    plant: async (shop) => shop.source.query(`DROP PUBLICATION ${await shop.mark()}`),
    says: 'is gone',
    on: 'source',
  },
  {
    code: 'slot-missing',
    loaded: true,
    plant: async (shop) => shop.source.query(`SELECT pg_drop_replication_slot('${await shop.mark()}')`),
    says: 'is gone',
    mend: anew,
  },
  {
    code: 'slot-other-plugin',
    loaded: true,
    plant: async (shop) => {
      const mark = await shop.mark();
      await shop.source.query(`SELECT pg_drop_replication_slot('${mark}')`);
      await shop.source.query(`SELECT pg_create_logical_replication_slot('${mark}', 'test_decoding')`);
    },
    says: 'is of the plugin test_decoding',
    mend: anew,
  },
  {
    code: 'slot-active',
    loaded: true,
    plant: async (shop) => {
      const mark = await shop.mark();
      const client = await replicating(shop, 'reader of mine');
      const options = `(proto_version '1', publication_names '${mark}')`;
      client.query(`START_REPLICATION SLOT ${mark} LOGICAL 0/0 ${options}`).catch(() => {});
      const active = `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${mark}' AND active`;
      await until(async () => (await shop.source.query(active)).length === 1, { what: 'a reader', limitMs: 10_000 });
    },
    says: 'is read by reader of mine',
    on: 'source',
  },
  {
    code: 'slot-lost',
    loaded: true,
    plant: async (shop) => {
      shop.after.defer(async () => {
        await shop.source.query('ALTER SYSTEM RESET max_slot_wal_keep_size');
        await reload(shop);
      });
      await shop.source.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
      await reload(shop);
      const lost = "SELECT 1 FROM pg_replication_slots WHERE wal_status = 'lost'";
      const overrun = async () => {
        await shop.source.query("SELECT pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()");
        await shop.source.query('CHECKPOINT');
        return (await shop.source.query(lost)).length > 0;
      };
      await until(overrun, { what: 'the log to be removed', limitMs: 30_000 });
    },
    says: 'cannot be read on',
    mend: anew,
  },
];
