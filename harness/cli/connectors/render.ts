import type { ConnectorState } from '#operations/connectors.ts';
import type { Change, Deployment } from '#operations/deploy.ts';
import { tableLines } from '../lab/table.ts';

/** One connector a line. */
export function listLines(connectors: readonly ConnectorState[]): string[] {
  if (connectors.length === 0) return ['no connectors'];
  const rows = connectors.map(({ name, type, state, tasks, class: className }) => [
    ...[name, type, state, tasks.map((task) => task.state).join(', ') || 'none'],
    className.slice(className.lastIndexOf('.') + 1),
  ]);
  return tableLines(['connector', 'type', 'state', 'tasks', 'class'], rows);
}

export function statusLines({ name, type, state, worker, tasks, class: className, trace }: ConnectorState): string[] {
  return [
    `${name}: ${type}, ${state} at ${worker}, ${className}`,
    ...tasks.map((task) => `  task ${task.id}: ${task.state} at ${task.worker}`),
    ...(trace === undefined ? [] : ['', `${name}:`, trace.trimEnd()]),
    ...tasks.flatMap((task) => (task.trace === undefined ? [] : ['', `task ${task.id}:`, task.trace.trimEnd()])),
  ];
}

/** What deploying changes, as a difference: `-` what is there, `+` what is to be. */
export function deploymentLines({ name, creates, changes }: Deployment): string[] {
  if (changes.length === 0) return [`${name}: nothing differs`];
  return [`${name}: ${creates ? 'is created' : 'is changed'}`, ...changes.flatMap(changeLines)];
}

function changeLines({ property, from, to }: Change): string[] {
  return [
    ...(from === undefined ? [] : [`  - ${property}=${from}`]),
    ...(to === undefined ? [] : [`  + ${property}=${to}`]),
  ];
}
