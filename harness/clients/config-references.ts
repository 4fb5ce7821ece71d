import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#std/errors.ts';
import type { Secret, Vault } from './vault.ts';
import { noKey } from './vault-refusal.ts';

/** As Kafka's ConfigTransformer has it: `${provider:key}` or `${provider:path:key}`. */
const REFERENCE = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g;

/** Vault's secrets by their paths, as they were read; or why one could not be. */
export type Vaulted = ReadonlyMap<string, Secret | OperatorError>;

const NOTHING: Vaulted = new Map();

/**
 * A value of a connector's configuration with its references to Kafka's own config providers (file, directory,
 * environment) replaced by what they stand for on this machine, and those to Vault by what was read there. Those that stand for
 * nothing here stay as they are, as Connect leaves them. Throws an OperatorError where Vault was asked and does not have it.
 */
export function resolveReferences(
  value: string,
  env: NodeJS.ProcessEnv = process.env,
  vaulted: Vaulted = NOTHING,
): string {
  return value.replace(REFERENCE, (whole, provider: string, path: string | undefined, key: string) => {
    try {
      return lookUp(provider, path ?? '', key, { env, vaulted }) ?? whole;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      return whole;
    }
  });
}

/** The secret at a path that was read; undefined for one that was not. Throws why it could not be. */
export function secretAt(path: string, vaulted: Vaulted): Secret | undefined {
  const secret = vaulted.get(path);
  if (secret instanceof OperatorError) throw secret;
  return secret;
}

const VAULT = /\$\{vault:([^{}:]+)(?::[^{}:]*)?\}/g;

/** Reads the secrets to which texts refer, `${vault:path:key}` or `${vault:path}`, each path once. */
export async function readVaulted(
  texts: readonly string[],
  vault: Pick<Vault, 'secret'>,
  signal?: AbortSignal,
): Promise<Vaulted> {
  const paths = new Set(texts.flatMap((text) => [...text.matchAll(VAULT)].map(([, path = '']) => path)));
  const vaulted = new Map<string, Secret | OperatorError>();
  for (const path of paths) {
    try {
      vaulted.set(path, await vault.secret(path, signal));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      vaulted.set(path, error);
    }
  }
  return vaulted;
}

/** A value with its references to Vault alone replaced: others are left to whoever resolves them. Throws as {@link resolveReferences}. */
export function resolveVaulted(value: string, vaulted: Vaulted): string {
  return value.replace(VAULT, (reference) => resolveReferences(reference, {}, vaulted));
}

interface Known {
  readonly env: NodeJS.ProcessEnv;
  readonly vaulted: Vaulted;
}

/** By the names under which Kafka's documentation configures its providers. */
function lookUp(provider: string, path: string, key: string, { env, vaulted }: Known): string | undefined {
  switch (provider) {
    case 'vault': {
      const secret = secretAt(path, vaulted);
      if (secret !== undefined && secret[key] === undefined) throw noKey(path, key, Object.keys(secret));
      return secret?.[key];
    }
    case 'env':
      return env[key];
    case 'file':
      return propertyIn(readFileSync(path, 'utf8'), key);
    case 'dir':
    case 'directory':
      return key.includes('/') ? undefined : readFileSync(join(path, key), 'utf8');
    default:
      return undefined;
  }
}

/** The value of a key in a Java properties file, without its rarer escapes. */
function propertyIn(text: string, key: string): string | undefined {
  const lines = text.replaceAll(/\\\r?\n[ \t]*/g, '').split(/\r?\n/);
  for (const line of lines) {
    const [, name, value] = /^\s*((?:\\.|[^\\=:\s#!])(?:\\.|[^\\=:\s])*)\s*[=:\s]?\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && unescaped(name) === key) return unescaped(value ?? '');
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, sign: string) =>
    code === undefined ? (ESCAPES[sign] ?? sign) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** The properties whose whole value is a reference that stands for nothing on this machine. */
export function unresolvedReferences(
  config: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = process.env,
): readonly { readonly property: string; readonly reference: string; readonly provider: string }[] {
  return Object.entries(config).flatMap(([property, value]) => {
    const [, provider] = /^\$\{([\w-]+):[^{}]*\}$/.exec(value.trim()) ?? [];
    if (provider === undefined || resolveReferences(value, env) !== value) return [];
    return [{ property, reference: value, provider }];
  });
}
