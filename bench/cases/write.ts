import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Situation } from './situation.ts';

/** Writes a situation's files into `folder`, which is made; returns the path of its pipeline file. */
export function writeSituation({ about, files, pipeline }: Situation, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const path = join(folder, 'pipeline.yaml');
  writeFileSync(path, `# ${about}\n${stringify(pipeline)}`);
  return path;
}
