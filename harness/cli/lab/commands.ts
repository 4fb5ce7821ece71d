import type { CliCommand } from '../command.ts';
import type { Host } from '../host.ts';

/** The live lab's commands, each loaded only when it is asked for. */
export function labCommands(host: () => Promise<Host>): Readonly<Record<string, CliCommand>> {
  return {
    up: {
      summary: 'starts the live lab in the background, and returns when it is ready',
      run: async (args) => (await import('./up.ts')).upCommand(args, await host()),
    },
    down: {
      summary: 'ends the lab; up goes on where it was',
      run: async (args) => (await import('./down.ts')).downCommand(args, await host()),
    },
    reset: {
      summary: 'ends the lab, removes its data and starts it anew with the same seed',
      run: async (args) => (await import('./down.ts')).resetCommand(args, await host()),
    },
    clean: {
      summary: 'ends the lab and removes its data',
      run: async (args) => (await import('./down.ts')).cleanCommand(args, await host()),
    },
    status: {
      summary: 'the state of the lab: every variant and table, and the faults so far',
      run: async (args) => (await import('./status.ts')).statusCommand(args, await host()),
    },
    trigger: {
      summary:
        'breaks the lab: trigger MODE [--step STEP] [--wait]; alone it lists the modes (trigger-MODE does the same)',
      run: async (args) => (await import('./trigger.ts')).triggerCommand(args, await host()),
    },
    logs: {
      summary: 'the end of the logs of the daemon and the nodes: logs [NAME] [--follow]',
      run: async (args) => (await import('./logs.ts')).logsCommand(args, await host()),
    },
    'connector-status': {
      summary: 'nodes and connectors, with the cause of what has failed',
      run: async (args) => (await import('./looks.ts')).connectorStatusCommand(args, await host()),
    },
    lag: {
      summary: 'per group, topic and partition: committed, end, lag in records and in time',
      run: async (args) => (await import('./looks.ts')).lagCommand(args, await host()),
    },
    'source-shell': {
      summary: 'SQL on the source (-c "select …")',
      run: async (args) => (await import('./shell.ts')).shellCommand('source', args, await host()),
    },
    'sink-shell': {
      summary: "SQL on a variant's sink (--variant NAME)",
      run: async (args) => (await import('./shell.ts')).shellCommand('sink', args, await host()),
    },
    'kafka-topics': {
      summary: 'the topics and their offsets',
      run: async (args) => (await import('./kafka.ts')).topicsCommand(args, await host()),
    },
    'kafka-consume': {
      summary: 'change events, decoded (--table NAME, --from-beginning, --max N, --raw)',
      run: async (args) => (await import('./kafka.ts')).consumeCommand(args, await host()),
    },
    'lab-daemon': {
      summary: '',
      hidden: true,
      run: async (args) => (await import('./daemon.ts')).daemonCommand(args, await host()),
    },
  };
}

/** `trigger-MODE`, of whatever mode; undefined for any other word. */
export function triggerAlias(word: string, host: () => Promise<Host>): CliCommand | undefined {
  const mode = /^trigger-(.+)$/.exec(word)?.[1];
  if (mode === undefined) return undefined;
  const run: CliCommand['run'] = async (args) =>
    (await import('./trigger.ts')).triggerCommand([mode, ...args], await host());
  return { summary: `the same as trigger ${mode}`, run };
}
