import { readVaulted, type Vaulted } from '#clients/config-references.ts';
import { openVault, type Vault } from '#clients/vault.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import type { Definition } from './pipeline.ts';

/** What the addresses of pipelines stand for where a manager works. */
export interface Here {
  readonly env: NodeJS.ProcessEnv;
  /** The live lab as it is now. Throws an OperatorError where it is not up. */
  readonly lab: () => LabAddresses;
  readonly vault: Pick<Vault, 'secret'>;
  /** What Vault has of the addresses that are worked with. */
  readonly vaulted?: Vaulted;
}

/** Where a command works. Vault is asked only where an address refers to it. */
export function openHere(env: NodeJS.ProcessEnv, lab: Here['lab']): Here & Disposable {
  const vault = openVault(env);
  return { env, lab, vault, [Symbol.dispose]: () => vault[Symbol.dispose]() };
}

/** Here, with what Vault has of these addresses. A path that cannot be read is an error where its address is resolved. */
export async function withVaulted<H extends Here>(
  here: H,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<H> {
  const vaulted = await readVaulted(addresses, here.vault, signal);
  return vaulted.size === 0 ? here : { ...here, vaulted };
}

/** All addresses of a pipeline. */
export function addressesIn({ source, target, cdc }: Definition): readonly string[] {
  return [source, target, ...(cdc === undefined ? [] : [...cdc.connect, ...cdc.sinkConnect])];
}
