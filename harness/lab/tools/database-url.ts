import { engineOf } from '#engines/index.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';

/** Where the source answers, with its password: for a shell's environment, not for a screen. */
export function sourceUrl({ source, sourceDatabase }: LabAddresses): string {
  return engineOf(source).server.url(source, sourceDatabase);
}

/** The sink of a variant; undefined where the lab does not run it. */
export function sinkUrl({ sink, sinkDatabases }: LabAddresses, variant: string): string | undefined {
  const name = sinkDatabases[variant];
  return name === undefined ? undefined : engineOf(sink).server.url(sink, name);
}
