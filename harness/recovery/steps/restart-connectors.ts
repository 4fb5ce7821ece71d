import { type ConnectorStatus, failureOf } from '#clients/connect.ts';
import { connectorState, restartConnector, resumeConnector } from '#operations/connectors.ts';
import type { RecoveryStep } from '../step.ts';
import type { RecoveredConnector, RecoveryWorld } from '../world.ts';

/** Has a connector run that has failed, or that somebody has halted. */
export function restartConnectors({
  connectors,
  signal,
}: Pick<RecoveryWorld, 'connectors' | 'signal'>): RecoveryStep[] {
  return connectors.map((connector) => restart(connector, signal));
}

function restart({ name, client, connect }: RecoveredConnector, signal: AbortSignal): RecoveryStep {
  const read = async () => {
    await connectorState(client, name, signal);
    return (await client.status(name, signal)) as ConnectorStatus;
  };
  return {
    id: 'restart-connector',
    title: `have ${name} run`,
    at: connect,
    async look() {
      const status = await read();
      const { state } = status.connector;
      const halted = state === 'PAUSED' || state === 'STOPPED';
      if (!halted && failureOf(status) === undefined) return { saw: told(status), run: [] };
      return {
        saw: told(status),
        run: [`driftlab connectors ${halted ? 'resume' : 'restart'} ${name} --connect ${connect}`],
        apply: () =>
          halted ? resumeConnector(client, name, signal) : restartConnector(client, name, { task: undefined, signal }),
      };
    },
    async holds() {
      const status = await read();
      return { holds: status.connector.state === 'RUNNING' && failureOf(status) === undefined, saw: told(status) };
    },
  };
}

function told(status: ConnectorStatus): string {
  const states = [
    `${status.name} ${status.connector.state}`,
    ...status.tasks.map(({ id, state }) => `task ${id} ${state}`),
  ];
  const failure = failureOf(status);
  return `${states.join(', ')}${failure === undefined ? '' : `: ${failure.error}`}`;
}
