import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As Kafka's ConfigTransformer has it: `${provider:key}` or `${provider:path:key}`. */
const REFERENCE = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g;

/**
 * A value of a connector's configuration with its references to Kafka's own config providers (file, directory,
 * environment) replaced by what they stand for on this machine. Those that stand for nothing here stay as they are, as
 * Connect leaves them.
 */
export function resolveReferences(value: string, env: NodeJS.ProcessEnv = process.env): string {
  return value.replace(REFERENCE, (whole, provider: string, path: string | undefined, key: string) => {
    try {
      return lookUp(provider, path ?? '', key, env) ?? whole;
    } catch {
      return whole;
    }
  });
}

/** By the names under which Kafka's documentation configures its providers. */
function lookUp(provider: string, path: string, key: string, env: NodeJS.ProcessEnv): string | undefined {
  switch (provider) {
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
