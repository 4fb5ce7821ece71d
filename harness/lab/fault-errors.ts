import type { LabFault } from '#contracts/lab-fault.ts';
import type { Node } from '#model/stack.ts';
import { nodeExited } from '#runtimes/node-exit.ts';
import { OperatorError } from '#std/errors.ts';

export function unknownFault(id: string, faults: readonly LabFault[]): OperatorError {
  return new OperatorError({
    code: 'unknown-fault',
    message: `there is no fault "${id}"`,
    expected: faults.length === 0 ? 'the id of a fault; none has been injected yet' : `one of ${listOf(faults)}`,
    found: id,
  });
}

function listOf(faults: readonly LabFault[]): string {
  return faults
    .slice(-5)
    .map(({ id }) => id)
    .join(', ');
}

export function faultActive(fault: LabFault): OperatorError {
  return new OperatorError({
    code: 'fault-under-way',
    message: `the fault ${fault.id} is still active, and only one fault can be active at a time`,
    expected: 'no active fault',
    found: `${fault.id}: ${fault.doing}`,
    hint: `wait until it has settled (npx driftlab status), or heal it early: DELETE /api/v1/faults/${fault.id}`,
  });
}

export function impossible(mode: string, why: string): OperatorError {
  return new OperatorError({
    code: 'fault-impossible',
    message: `${mode} cannot be run here: ${why}`,
    expected: 'a mode that can be run here',
    found: mode,
  });
}

/** What a fault would show then is not its own doing. */
export function nodeDown(node: Node): OperatorError {
  const { name, state, log } = node;
  return new OperatorError({
    code: 'node-down',
    message: 'no fault can be injected while a node is down',
    expected: 'every node running',
    found: `${state === 'failed' ? nodeExited(node).message : `${name} is ${state}`}; its log: ${log}`,
    hint: 'npx driftlab down && npx driftlab up restarts it',
  });
}

export function alreadyHealed(fault: LabFault): OperatorError {
  return new OperatorError({
    code: 'fault-healed',
    message: `the fault ${fault.id} is already healed`,
    expected: 'a fault that is not healed yet',
    found: fault.state,
  });
}
