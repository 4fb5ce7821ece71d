import type { FaultContext } from '#model/fault.ts';
import { type Between, hopOf, type Trouble, type Troubled } from '#model/network.ts';
import type { NodeName } from '#model/stack.ts';
import { capturedSince, flushOffsets } from './captured.ts';

/** `source ↔ connect`, or `source → connect` for one direction. */
export function hopName([from, to]: Between, oneWay: boolean): string {
  return `${from} ${oneWay ? '→' : '↔'} ${to}`;
}

const WORKERS: readonly NodeName[] = ['connect', 'connect-sink'];

/** The nodes whose restarts and rebalances may follow from trouble between two peers. */
export function disturbed(between: Between): readonly NodeName[] {
  switch (hopOf(between)?.join('-')) {
    case 'source-connect':
    case 'connect-broker':
    case 'connect-registry':
      return ['connect'];
    case 'broker-consumer':
    case 'consumer-sink':
    case 'consumer-registry':
      return ['connect-sink'];
    default:
      return ['broker', ...WORKERS];
  }
}

/** Makes trouble between two peers of the stack. Whether that can be has been asked before. */
export function trouble({ stack }: FaultContext, between: Between, made: Trouble, oneWay: boolean): Promise<Troubled> {
  if (stack.network === undefined) throw new Error('the stack has no network that could be troubled');
  return stack.network.trouble(between, made, oneWay);
}

/**
 * Has the offsets flushed of a connector that may lose its source: where it starts again, it reads on from those. The lab's
 * worker holds them back for an hour, and one that has flushed none takes another snapshot, which no worker of anybody's does.
 * Then waits until so many records have been captured since.
 */
export async function readyToReplay(context: FaultContext, between: Between, records: number): Promise<void> {
  if (hopOf(between)?.[0] !== 'source') return;
  await flushOffsets(context);
  if (records > 0) await capturedSince(context, records, 'records captured since the last offset flush');
}
