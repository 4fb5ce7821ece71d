import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectorConfig, WorkerSecrets } from '#model/stack.ts';
import { isSecret } from '#std/redact.ts';
import { resolveReferences } from './config-references.ts';

/** What stands for a file's name in {@link WorkerSecrets.reference}: no path that workers are told has it. */
export const FILE = '<file>';

const REFERENCE = /^\$\{[^{}]+\}$/;

/** The configuration with every secret in a file among the workers' own, and a reference to it in its place. */
export function concealedIn(
  { folder, reference }: WorkerSecrets,
  connector: string,
  config: ConnectorConfig,
): ConnectorConfig {
  return concealed(connector, config, (file, value) => {
    writePrivate(join(folder, file), value);
    return reference.replace(FILE, () => file);
  });
}

/** Writes a file that its owner alone may read. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}

/**
 * The configuration with every secret given to `keep`, and what that returns in its place. What its owner has put into a
 * file or into the environment is a secret, whatever the property is called; it is read here, since the worker may not. A reference
 * that stands for nothing here is for the worker.
 */
export function concealed(
  connector: string,
  config: ConnectorConfig,
  keep: (file: string, value: string) => string,
): ConnectorConfig {
  return Object.fromEntries(
    Object.entries(config).map(([property, written]) => {
      const value = resolveReferences(written);
      const secret = value !== '' && !REFERENCE.test(value) && (value !== written || isSecret(property, value));
      return [property, secret ? keep(fileName(connector, property), value) : written];
    }),
  );
}

/** Readable, and one for each connector and property, whatever characters they have. */
function fileName(connector: string, property: string): string {
  const hash = createHash('sha256').update(`${connector}\0${property}`).digest('hex').slice(0, 8);
  return `${`${connector}.${property}`.replaceAll(/[^\w.-]/g, '_').slice(-150)}.${hash}`;
}
