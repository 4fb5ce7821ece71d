import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT, WORK } from '#setup/layout.mjs';

/**
 * Has the set-up fetch a part that not every lab needs. It is a process of its own: it holds locks, and ends in order when it is
 * told to, as aborting does. Resolves with its last words; whether the part is there now, who asks for it looks.
 */
export async function fetchPart(part: string, signal: AbortSignal | undefined): Promise<string> {
  const args = [join(ROOT, 'bin', 'driftlab.mjs'), 'setup', part];
  const child = spawn(process.execPath, args, { cwd: WORK, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stderr.write(text);
  });
  await once(child, 'close');
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  return output.trim().split('\n').slice(-4).join('\n');
}
