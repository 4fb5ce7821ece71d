import { tmpdir } from 'node:os';
import { LABS } from '#setup/layout.mjs';
import { unprivilegedUser } from '#setup/unprivileged.mjs';
import type { Place } from '#std/disk-full.ts';

/** The databases of a canonical run take 180 MB at most, the broker and the rest 50 MB. */
const DATA_MB = 300;

/** Where labs write: their own folder, and for root the system's temp folder, where another user's PostgreSQL can go. */
export function embeddedPlaces(): Place[] {
  const apart = unprivilegedUser() !== undefined;
  return [
    { path: LABS, neededMb: apart ? DATA_MB / 2 : DATA_MB },
    ...(apart ? [{ path: tmpdir(), neededMb: DATA_MB }] : []),
  ];
}
