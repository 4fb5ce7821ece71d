// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { type ClusterOptions, diagnoseCluster, workersOfConnector } from '#manager/diagnose/cluster.ts';
import { databaseOfConnector, runStatements } from '#manager/diagnose/fix.ts';
import { openHere } from '#manager/here.ts';
import { isLab, LAB } from '#manager/lab-names.ts';
import type { SetUpDiagnosis } from '#model/set-up.ts';
import { connectorState, restartConnector, resumeConnector } from '#operations/connectors.ts';
import { commaList } from '#std/comma-list.ts';
import { helpOf, type OptionTable, parseArguments, type Usage, usageError } from './arguments.ts';
import { diagnosisLines } from './diagnosis-lines.ts';
import type { Host } from './host.ts';
import { interruptible } from './interrupt.ts';
import { labInPlace } from './lab/in-place.ts';
import { labAddresses } from './lab/kafka.ts';
import { type Fixing, offerFixes, requireAsker } from './offer-fixes.ts';
import { COMMON, FIXING, word } from './options.ts';

const diagnoseOptions = {
  connect: word('URLS', "Kafka Connect's workers, http://connect:8083, or lab", 'lab, the live lab'),
  connector: word('NAMES', 'the connectors to look at, separated by commas', 'all'),
  source: word('URL', 'the database of source connectors, where their configurations hide its password'),
  target: word('URL', 'the database of sink connectors, likewise'),
  brokers: word(
    'HOSTS',
    "Kafka's brokers, host:9092,…: topics, their settings and records",
    "not asked; the lab's own with it",
  ),
  json: { kind: 'switch', help: 'print JSON' },
  ...FIXING,
  ...COMMON,
} as const satisfies OptionTable;

export const diagnoseUsage: Usage<typeof diagnoseOptions> = {
  command: 'diagnose',
  summary:
    'Says of the connectors of any Kafka Connect cluster why they do not run: first cause first, with its evidence and its fix.\n' +
    'Changes nothing, unless --fix asks first and is answered yes. Exit status: 0 nothing wrong was found, 1 causes, or no worker answers, 2 wrong usage, 130 interrupted.',
  operands: [],
  options: diagnoseOptions,
  examples: [
    'driftlab diagnose --connect http://connect:8083',
    "driftlab diagnose --connect http://connect:8083 --connector shop-source --source 'postgres://app:${env:PASSWORD}@db1/shop' --json",
    "driftlab diagnose --connect http://connect:8083 --fix --source-admin 'postgres://admin:${env:ADMIN_PASSWORD}@db1/shop'",
    'driftlab diagnose --connect http://connect:8083 --brokers kafka:9092',
    'driftlab diagnose',
  ],
};

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit' | 'ask'>;

/** `driftlab diagnose` */
export async function diagnoseCommand(args: readonly string[], host: World): Promise<number> {
  const { options } = parseArguments(diagnoseUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(diagnoseUsage)}\n`);
    return 0;
  }
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab diagnose';
  const { source, target } = options;
  if (options.fix && options.json) throw usageError(diagnoseUsage, '--fix asks a person, and --json is for a program');
  if (options.fix) requireAsker(host);
  using here = openHere(host.env, () => labAddresses(host));
  return await interruptible(host, async (signal) => {
    const connect = commaList(options.connect ?? LAB);
    if (isLab(connect)) labInPlace(here, 'name its workers: --connect http://connect:8083');
    const asked: ClusterOptions = {
      connect,
      connectors: commaList(options.connector),
      ...(source === undefined ? {} : { source }),
      ...(target === undefined ? {} : { target }),
      ...(options.brokers === undefined ? {} : { brokers: commaList(options.brokers) }),
      ...here,
      signal,
    };
    const found = await diagnoseCluster(asked);
    const connectors = options.fix ? await fixed(found.connectors, asked, { options, host }) : found.connectors;
    const diagnosis = { connect: found.connect, connectors };
    const lines = connectors.length === 0 ? [`there are no connectors at ${found.connect}`] : told(connectors);
    host.stdout.write(`${options.json ? JSON.stringify(diagnosis) : lines.join('\n')}\n`);
    return connectors.every(({ causes }) => causes.length === 0) ? 0 : 1;
  });
}

function told(connectors: Awaited<ReturnType<typeof diagnoseCluster>>['connectors']): string[] {
  return connectors.flatMap((one, at) => [...(at === 0 ? [] : ['']), ...diagnosisLines(one)]);
}

interface Fixed {
  readonly options: { readonly 'source-admin'?: string | undefined; readonly 'target-admin'?: string | undefined };
  readonly host: World;
}

/** Each connector of which something is wrong, once its fixes were offered. */
async function fixed(
  found: readonly SetUpDiagnosis[],
  asked: ClusterOptions,
  { options, host }: Fixed,
): Promise<readonly SetUpDiagnosis[]> {
  const last: SetUpDiagnosis[] = [];
  for (const one of found) {
    const name = one.pipeline;
    const client = await workersOfConnector(name, asked);
    const diagnose = async (): Promise<SetUpDiagnosis> =>
      (await diagnoseCluster({ ...asked, connectors: [name] })).connectors[0] ?? one;
    const fixing: Fixing = {
      diagnose,
      async run(side, statements) {
        const address = options[`${side}-admin`] ?? (await databaseOfConnector(client, name, { ...asked, side }));
        await runStatements(statements, { ...asked, side, address });
      },
      async start() {
        const { state } = await connectorState(client, name, asked.signal);
        if (state === 'PAUSED' || state === 'STOPPED') await resumeConnector(client, name, asked.signal);
        else await restartConnector(client, name, { task: undefined, signal: asked.signal });
      },
    };
    last.push(one.causes.length === 0 ? one : await offerFixes(fixing, host));
  }
  return last;
}
