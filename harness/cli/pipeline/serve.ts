import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDesk } from '#manager/desk.ts';
import type { Here } from '#manager/here.ts';
import { serveManager } from '#manager/http/server.ts';
import type { Store } from '#manager/state/store.ts';
import { LABS } from '#setup/layout.mjs';
import { makeFolder, writeWhole } from '#setup/whole-file.mjs';

export interface ServeOptions extends Here {
  readonly store: Store;
  readonly port: number;
  readonly say: (line: string) => void;
  /** Aborted where the manager is to end. */
  readonly signal: AbortSignal;
}

/** Serves the manager's HTTP interface until it is interrupted; starts that are under way are then ended. */
export async function serve({ store, port, say, signal, ...here }: ServeOptions): Promise<void> {
  const folder = join(LABS, 'pipelines');
  // Of its port: another manager of this machine has a token of its own.
  const file = join(folder, `token-${port}`);
  const token = randomBytes(32).toString('base64url');
  await using desk = openDesk(store, here);
  await using _ = await serveManager({ store, desk, port, token, tokenIn: file });
  makeFolder(folder, 0o700);
  writeWhole(file, `${token}\n`, { mode: 0o600 });
  try {
    say(`pipelines: http://127.0.0.1:${port}/api/v1/pipelines; the token is in ${file}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    rmSync(file, { force: true });
  }
}
