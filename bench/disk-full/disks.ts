import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { jvmFolder, LABS } from '#setup/layout.mjs';

/** Small file systems, and what is to be found on them. */
export interface Disks extends Disposable {
  readonly labs: string;
  readonly temp: string;
  readonly reports: string;
  readonly cache: string;
  /** Fills one to the last byte. Returns how to free it. */
  fill(place: 'labs' | 'temp' | 'reports' | 'cache'): () => void;
}

const SIZES_MB = { labs: 400, temp: 800, reports: 150, cache: 500 } as const;

/** Mounts them; disposing takes them away with all that is on them. */
export function openDisks(): Disks {
  const base = mkdtempSync(join(tmpdir(), 'driftlab-disk-full-'));
  execFileSync('chmod', ['755', base]);
  const at = {
    labs: LABS,
    temp: join(base, 'temp'),
    reports: join(base, 'reports'),
    cache: join(base, 'cache'),
  };
  for (const [name, folder] of Object.entries(at)) {
    mkdirSync(folder, { recursive: true });
    const size = SIZES_MB[name as keyof typeof SIZES_MB];
    execFileSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=${size}m,mode=${name === 'temp' ? '1777' : '755'}`,
      'none',
      folder,
    ]);
  }
  // A cache in which the archives are still to be made: what the set-up then does takes seconds, and no network.
  const from = jvmFolder();
  const to = join(at.cache, basename(from));
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === 'libs' || name === 'plugins') symlinkSync(join(from, name), join(to, name));
    else if (name !== 'cds') cpSync(join(from, name), join(to, name), { recursive: true });
  }
  return {
    ...at,
    fill(place) {
      const file = join(at[place], 'filler');
      const descriptor = openSync(file, 'w');
      try {
        for (const bytes of [Buffer.alloc(1 << 20), Buffer.alloc(1)]) writeUntilFull(descriptor, bytes);
      } finally {
        closeSync(descriptor);
      }
      return () => rmSync(file, { force: true });
    },
    [Symbol.dispose]() {
      for (const folder of Object.values(at)) execFileSync('umount', ['--lazy', folder]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function writeUntilFull(descriptor: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
