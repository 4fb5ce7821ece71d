// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { resolveReferences, secretAt } from '#clients/config-references.ts';
import { urlOfSecret } from '#engines/secret-address.ts';
import { OperatorError } from '#std/errors.ts';
import { isSecret, redacted } from '#std/redact.ts';
import type { Here } from './here.ts';
import { isLabPlace } from './lab-names.ts';
import { labUrl } from './lab-servers.ts';

/** `${provider:key}` or `${provider:path:key}`, as Kafka's config providers are named: env, file, dir. */
export const REFERENCE = /\$\{[^{}]*\}/g;

const NAME_IN_VAULT = /^[\w.-]+(\/[\w.-]+)*$/;

/**
 * The address of a side whose database Vault describes: by its name below `secret/database/`, which is the side's own where none is
 * given. What is no such name is an address already.
 */
export function addressInVault(side: 'source' | 'target', given: string | undefined): string {
  const name = given ?? side;
  return NAME_IN_VAULT.test(name) ? `\${vault:secret/database/${name}}` : name;
}

/** What stands for a reference where a URL's form is looked at. */
export const STAND_IN = 'reference';

const FORM = '${env:VARIABLE}, ${file:/path.properties:key}, ${dir:/path:file} or ${vault:path:key}';

/** A secret of Vault's that is a database's address as a whole. */
const WHOLE_SECRET = /^\$\{vault:([^{}:]+)\}$/;

/**
 * Throws an OperatorError for an address that is no URL (`wrong-url`), or holds a secret itself (`literal-secret`): what is
 * stored, shown and logged is the address as it is given, so it may hold references alone.
 */
export function requireStorable(side: string, address: string): void {
  if (isSecret(side, address.replaceAll(REFERENCE, ''))) throw literalSecret(side);
  const form = address.replaceAll(REFERENCE, STAND_IN);
  const whole = form === STAND_IN;
  if (!whole && !URL.canParse(form))
    throw new OperatorError({
      code: 'wrong-url',
      message: `the ${side} is given by its URL`,
      expected: 'postgres://user:${env:VARIABLE}@host:5432/database',
      // What was given may hold a password, so it is not shown.
      found: 'something that is no URL',
    });
  if (!whole && !['', STAND_IN].includes(new URL(form).password)) throw literalSecret(side);
}

function literalSecret(side: string): OperatorError {
  return new OperatorError({
    code: 'literal-secret',
    message: `the ${side}'s URL has a password in it, and the state would keep it`,
    expected: `a reference in its place: ${FORM}`,
    found: 'a password as it is',
    hint: "write '${env:VARIABLE}' for it, in single quotes so that the shell leaves it alone, and set VARIABLE where pipelines are started",
  });
}

/** An address with what its references stand for. `secrets` are all values that must not be shown. */
export interface Resolved {
  readonly url: string;
  readonly secrets: readonly string[];
}

/**
 * Resolves an address. A reference that is the whole of it is a URL; one inside it is any text, which the URL then has in its
 * own encoding. The name of a database of the lab's is its URL now. Throws an OperatorError (`unresolved-reference`) for one that
 * stands for nothing here, and what Vault refused.
 */
export function resolveAddress(side: string, address: string, here: Here): Resolved {
  if (isLabPlace(address)) {
    const { url, password } = labUrl(side, address, here);
    return { url, secrets: [password] };
  }
  const secrets: string[] = [];
  const resolved = (reference: string): string => {
    const value = wholeSecret(reference, address, here) ?? resolveReferences(reference, here.env, here.vaulted);
    if (value === reference) throw unresolved(`the ${side}'s URL`, reference);
    return value;
  };
  const whole = address.replaceAll(REFERENCE, '') === '' && address.match(REFERENCE)?.length === 1;
  const url = address.replaceAll(REFERENCE, (reference) => {
    const value = resolved(reference);
    if (whole) return value;
    secrets.push(value);
    return encodeURIComponent(value);
  });
  if (!URL.canParse(url))
    throw new OperatorError({
      code: 'wrong-url',
      message: `what the ${side}'s references stand for makes no URL`,
      expected: 'postgres://user:password@host:5432/database',
      found: address,
      exit: 1,
    });
  const { password } = new URL(url);
  if (password !== '') secrets.push(password, decodeURIComponent(password));
  return { url, secrets: [...new Set(secrets)].filter((secret) => secret !== '') };
}

const KNOWN = /^\$\{(?:env|file|dir|directory|vault):[^{}]+\}$/;

/** A password as it is given, or what it refers to. Throws an OperatorError for a reference that stands for nothing here. */
export function resolvePassword(side: string, given: string, { env, vaulted }: Here): string {
  if (!KNOWN.test(given)) return given;
  const value = resolveReferences(given, env, vaulted);
  if (value !== given) return value;
  throw unresolved(`the ${side}'s password`, given);
}

function wholeSecret(reference: string, address: string, { vaulted = new Map() }: Here): string | undefined {
  const [, path] = WHOLE_SECRET.exec(reference) ?? [];
  if (path === undefined || reference !== address) return undefined;
  const secret = secretAt(path, vaulted);
  return secret && urlOfSecret(secret, path);
}

function unresolved(what: string, reference: string): OperatorError {
  return new OperatorError({
    code: 'unresolved-reference',
    message: `${what} refers to ${reference}, which stands for nothing here`,
    expected: FORM,
    found: reference,
    hint: 'set it where this command runs',
    exit: 1,
  });
}

/** A text without the secrets that may be in it. */
export function concealed(text: string, secrets: readonly string[]): string {
  return redacted(
    '',
    secrets.reduce((shown, secret) => shown.replaceAll(secret, '(hidden)'), text),
  );
}
