import type { CliCommand } from '../command.ts';
import type { Host } from '../host.ts';

/** The live lab's commands, each loaded only when it is asked for. */
export function labCommands(host: () => Promise<Host>): Readonly<Record<string, CliCommand>> {
  const trigger = (mode: string, what: string): CliCommand => ({
    summary: `breaks the lab: ${what} (--wait follows it to its verdict)`,
    run: async (args) => (await import('./trigger.ts')).triggerCommand(mode, args, await host()),
  });
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
    'trigger-restart': trigger('restart', 'Connect is killed before it flushes its offsets'),
    'trigger-lag': trigger('lag', 'all consumers pause (--seconds N; --step retention: past the retention)'),
    'trigger-schema': trigger('schema', 'a column is added while writers write'),
    'trigger-duplicate': trigger('duplicate', 'all tables are snapshot again'),
    'trigger-backfill': trigger('backfill', 'historical rows (--rows N; --step direct-copy: past the log)'),
    'trigger-binlog': trigger('binlog', 'binlog files are removed unread (MariaDB or MySQL source)'),
    'trigger-history': trigger('history', 'the schema history topic is deleted (MariaDB or MySQL source)'),
    'trigger-row-image': trigger('row-image', 'the server logs minimal row images (MariaDB or MySQL source)'),
    'trigger-cleanup': trigger('cleanup', 'captured changes are cleaned up unread (SQL Server source)'),
    'trigger-broker': trigger('broker', 'a broker is killed (--step leader: leaders move; stopped: all are killed)'),
    'trigger-unclean': trigger('unclean', 'a replica that lacks acknowledged records is elected'),
    'trigger-worker': trigger('worker', 'the worker of the source connector is killed (--step sinks: of a sink)'),
    'trigger-zombie': trigger('zombie', 'a worker is presumed dead and comes back (--step sinks: of a sink)'),
    'trigger-gap': trigger('gap', 'the same of some tables, which the connector does not notice (SQL Server source)'),
    'trigger-network': {
      summary:
        'breaks the lab: a network is cut, slow or reset (--between A,B; --step; --wait follows it to its verdict)',
      run: async (args) => (await import('./trigger.ts')).triggerNetworkCommand(args, await host()),
    },
    'trigger-registry': {
      summary:
        'breaks the lab: the schema registry is killed, emptied, slow or refuses (--step; --wait follows it to its verdict)',
      run: async (args) => (await import('./trigger.ts')).triggerRegistryCommand(args, await host()),
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
