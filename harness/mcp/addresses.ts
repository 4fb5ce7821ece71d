import type { LabAddresses } from '#model/lab-addresses.ts';
import type { ToolWorld } from './tool.ts';

/** The passwords of the lab's servers, which no answer may show; none where no lab runs. */
export function hiddenIn({ addresses }: Pick<ToolWorld, 'addresses'>): readonly string[] {
  let known: LabAddresses;
  try {
    known = addresses();
  } catch {
    return [];
  }
  const { source, sink, shared } = known;
  const servers = [source, sink, ...(shared === undefined ? [] : Object.values(shared.databases))];
  const workers = shared === undefined ? [] : Object.values(shared.workers);
  const texts = [
    ...servers.map(({ password }) => password),
    ...workers.flatMap(({ authorization }) => (authorization === undefined ? [] : [authorization])),
  ];
  // A short one would be found in texts that have nothing to do with it.
  return [...new Set(texts)].filter((text) => text.length >= 8);
}
