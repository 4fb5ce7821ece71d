import { changesBetween, deploy, planDeployment } from '#operations/deploy.ts';
import type { RecoveryStep } from '../step.ts';
import type { RecoveredConnector } from '../world.ts';

type Config = Readonly<Record<string, string>>;

/** A sink connector's properties by which a record that comes again changes nothing, by its class. */
const BY_KEY: readonly (readonly [of: RegExp, Config])[] = [
  [/^io\.debezium\.connector\.jdbc\./, { 'insert.mode': 'upsert', 'primary.key.mode': 'record_key' }],
  [/JdbcSinkConnector$/, { 'insert.mode': 'upsert', 'pk.mode': 'record_key' }],
];

const WATCH_MS = 5000;

/** Has a JDBC sink connector write by the record's key. */
export function upsertSink({ name, client, connect }: RecoveredConnector, signal: AbortSignal): RecoveryStep {
  const read = async (): Promise<{ readonly config: Config; readonly wanted: Config | undefined }> => {
    const config = (await client.config(name, signal)) ?? {};
    return { config, wanted: BY_KEY.find(([of]) => of.test(config['connector.class'] ?? ''))?.[1] };
  };
  return {
    id: 'upsert-sink',
    title: `have ${name} write by key`,
    at: connect,
    async look() {
      const { config, wanted } = await read();
      if (wanted === undefined)
        return { saw: `${config['connector.class']} is no JDBC sink that is known here`, run: [] };
      const changes = changesBetween(config, { ...config, ...wanted });
      if (changes.length === 0) return { saw: `${name} writes by key`, run: [] };
      const lines = changes.map(({ property, to }) => `  + ${property}=${to}`);
      return {
        saw: changes.map(({ property, from }) => `${property} is ${from ?? 'not set'}`).join(', '),
        run: [`driftlab connectors deploy ${name}.json --connect ${connect}`, ...lines],
        async apply() {
          const plan = await planDeployment(client, { name, config: { ...config, ...wanted } }, signal);
          await deploy(client, plan, { watchMs: WATCH_MS, signal });
        },
      };
    },
    async holds() {
      const { config, wanted = {} } = await read();
      const left = changesBetween(config, { ...config, ...wanted });
      return { holds: left.length === 0, saw: left.length === 0 ? `${name} writes by key` : 'it does not yet' };
    },
  };
}
