// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { resolveReferences } from '#clients/config-references.ts';
import { OperatorError } from '#std/errors.ts';
import { isSecret, redacted } from '#std/redact.ts';
import type { Here } from './here.ts';
import { isLabPlace } from './lab-names.ts';
import { labUrl } from './lab-servers.ts';

/** `${provider:key}` or `${provider:path:key}`, as Kafka's config providers are named: env, file, dir. */
export const REFERENCE = /\$\{[^{}]*\}/g;

/** What stands for a reference where a URL's form is looked at. */
export const STAND_IN = 'reference';

const FORM = '${env:VARIABLE}, ${file:/path.properties:key} or ${dir:/path:file}';

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
 * stands for nothing here.
 */
export function resolveAddress(side: string, address: string, here: Here): Resolved {
  if (isLabPlace(address)) {
    const { url, password } = labUrl(side, address, here);
    return { url, secrets: [password] };
  }
  const secrets: string[] = [];
  const resolved = (reference: string): string => {
    const value = resolveReferences(reference, here.env);
    if (value === reference)
      throw new OperatorError({
        code: 'unresolved-reference',
        message: `the ${side}'s URL refers to ${reference}, which stands for nothing here`,
        expected: FORM,
        found: reference,
        hint: 'set it in the environment of this command; `driftlab pipeline show` has the URL as it is stored',
        exit: 1,
      });
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

/** A text without the secrets that may be in it. */
export function concealed(text: string, secrets: readonly string[]): string {
  return redacted(
    '',
    secrets.reduce((shown, secret) => shown.replaceAll(secret, '(hidden)'), text),
  );
}
