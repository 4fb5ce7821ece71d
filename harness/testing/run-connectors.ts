import { connectorsCommand } from '#cli/connectors/command.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { testHost } from './cli-host.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A sink that cannot write fails as soon as it has read. */
const watched = ([verb = '']: readonly string[]) => (['deploy', 'scale'].includes(verb) ? ['--watch', '3'] : []);

/** `driftlab connectors …` as a person has it, in a folder. `connect` is the variable that has the address of the workers. */
export async function runConnectors(
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
  connect: string,
  ...args: readonly string[]
): Promise<Ran> {
  const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env, cwd: folder };
  const command = [...args, ...watched(args), '--connect', `\${env:${connect}}`];
  const status = await connectorsCommand(command, host).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    host.err.push(explain(error));
    return error.exit;
  });
  return { status, out: host.out.join(''), err: host.err.join('') };
}
