/** What the lab's thread asks of the proxy's. */
import type { RelayOptions, RelayTrouble } from './relay.ts';

export type ProxyCall =
  | { readonly does: 'open'; readonly relay: string; readonly options: RelayOptions }
  | { readonly does: 'set'; readonly relay: string; readonly trouble: RelayTrouble | undefined }
  | { readonly does: 'count'; readonly relay: string }
  | { readonly does: 'close' };

export interface ProxyAnswer {
  readonly id: number;
  readonly value?: unknown;
  /** An error's own `code` would not survive on its way. */
  readonly error?: { readonly message: string; readonly code?: string | undefined };
}
