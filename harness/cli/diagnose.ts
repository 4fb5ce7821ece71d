// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { diagnoseCluster } from '#manager/diagnose/cluster.ts';
import { LAB } from '#manager/lab-names.ts';
import { commaList } from '#std/comma-list.ts';
import { helpOf, type OptionTable, parseArguments, type Usage } from './arguments.ts';
import { diagnosisLines } from './diagnosis-lines.ts';
import type { Host } from './host.ts';
import { interruptible } from './interrupt.ts';
import { labAddresses } from './lab/kafka.ts';
import { COMMON, word } from './options.ts';

const diagnoseOptions = {
  connect: word('URLS', "Kafka Connect's workers, http://connect:8083, or lab", 'lab, the live lab'),
  connector: word('NAMES', 'the connectors to look at, separated by commas', 'all'),
  source: word('URL', 'the database of source connectors, where their configurations hide its password'),
  target: word('URL', 'the database of sink connectors, likewise'),
  json: { kind: 'switch', help: 'print JSON' },
  ...COMMON,
} as const satisfies OptionTable;

export const diagnoseUsage: Usage<typeof diagnoseOptions> = {
  command: 'diagnose',
  summary:
    'Says of the connectors of any Kafka Connect cluster why they do not run: first cause first, with its evidence and its fix.\n' +
    'Changes nothing. Exit status: 0 nothing wrong was found, 1 causes, or no worker answers, 2 wrong usage, 130 interrupted.',
  operands: [],
  options: diagnoseOptions,
  examples: [
    'driftlab diagnose --connect http://connect:8083',
    "driftlab diagnose --connect http://connect:8083 --connector shop-source --source 'postgres://app:${env:PASSWORD}@db1/shop' --json",
    'driftlab diagnose',
  ],
};

/** `driftlab diagnose` */
export async function diagnoseCommand(
  args: readonly string[],
  host: Pick<Host, 'stdout' | 'stderr' | 'env' | 'process' | 'exit'>,
): Promise<number> {
  const { options } = parseArguments(diagnoseUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(diagnoseUsage)}\n`);
    return 0;
  }
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab diagnose';
  const { source, target } = options;
  return await interruptible(host, async (signal) => {
    const diagnosis = await diagnoseCluster({
      connect: commaList(options.connect ?? LAB),
      connectors: commaList(options.connector),
      ...(source === undefined ? {} : { source }),
      ...(target === undefined ? {} : { target }),
      ...{ env: host.env, lab: () => labAddresses(host), signal },
    });
    const { connect, connectors } = diagnosis;
    const lines = connectors.length === 0 ? [`there are no connectors at ${connect}`] : told(connectors);
    host.stdout.write(`${options.json ? JSON.stringify(diagnosis) : lines.join('\n')}\n`);
    return connectors.every(({ causes }) => causes.length === 0) ? 0 : 1;
  });
}

function told(connectors: Awaited<ReturnType<typeof diagnoseCluster>>['connectors']): string[] {
  return connectors.flatMap((one, at) => [...(at === 0 ? [] : ['']), ...diagnosisLines(one)]);
}
