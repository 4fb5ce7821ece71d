import type { NodeName } from '#model/stack.ts';
import { type DatabaseNode, type DatabaseNodeOptions, planServer, serverIdOf } from './database-node.ts';
import type { LabFolder } from './lab-folder.ts';
import { commonArgs, mariadbHome } from './mariadb-home.ts';
import { copyTemplate } from './server-home.ts';

/** Settings of all the lab's servers, beside those of their data folders. */
export const MARIADB_SETTINGS: readonly string[] = [
  '--skip-name-resolve',
  '--character-set-server=utf8mb4',
  '--default-time-zone=+00:00',
  // What Debezium's connector reads: whole rows, with their columns' names, under ids that only grow.
  '--log-bin=mariadb-bin',
  '--binlog-format=ROW',
  '--binlog-row-image=FULL',
  '--binlog-row-metadata=FULL',
  '--binlog-annotate-row-events=ON',
  '--gtid-strict-mode=ON',
  '--sync-binlog=0',
  // Triggers and functions of somebody's schema need no rights that only an administrator has.
  '--log-bin-trust-function-creators=ON',
  '--max-connections=200',
  '--max-allowed-packet=64M',
  // A lab lives for days, and its pools with it.
  '--wait-timeout=31536000',
  '--interactive-timeout=31536000',
  '--innodb-buffer-pool-dump-at-shutdown=OFF',
  '--innodb-buffer-pool-load-at-startup=OFF',
];

/** Where a server listens that runs as a process. */
const LISTENING: readonly string[] = [
  '--bind-address=127.0.0.1',
  // No socket but TCP: the path of one in the data folder could be longer than the system allows.
  '--socket=',
  '--pid-file=mariadbd.pid',
];

/** A MariaDB server on a data folder of its own. */
export async function mariadbNode(name: NodeName, lab: LabFolder, options: DatabaseNodeOptions): Promise<DatabaseNode> {
  const home = await mariadbHome(options.signal);
  return planServer(name, lab, options, {
    engine: 'mariadb',
    home,
    command: (data, folder) => ({
      file: home.server,
      args: [
        ...commonArgs(home, data),
        ...LISTENING,
        ...MARIADB_SETTINGS,
        `--server-id=${serverIdOf(name)}`,
        `--port=${options.port}`,
        `--tmpdir=${folder}`,
      ],
    }),
    fill: (data) => copyTemplate(home, data),
    stopSignal: 'SIGTERM',
    // It holds nothing that would outlive it.
    endSignal: 'SIGKILL',
  });
}
