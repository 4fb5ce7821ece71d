import { request } from 'undici';
import type { Compatibility, RegisteredSchema, SchemaRegistry } from '#model/registered-schema.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

/**
 * A schema registry that speaks Confluent's REST API. Every call throws an OperatorError: `registry-away` where it does not
 * answer in time or at all, `registry-login` where it asks for one, `registry-incompatible` and `registry-invalid` for a schema
 * that it does not take, `registry-refused` for all else.
 */
export interface RegistryClient extends SchemaRegistry {
  /** Without the credentials that it may have been given with. */
  readonly url: string;
  schema(id: number, signal?: AbortSignal): Promise<RegisteredSchema | undefined>;
}

const REQUEST_LIMIT_MS = 10_000;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface RegistryOptions {
  readonly limitMs?: number;
}

/** A client of the registry at `url`, which may carry a user and a password. */
export function registryClient(url: string, { limitMs = REQUEST_LIMIT_MS }: RegistryOptions = {}): RegistryClient {
  const { base, authorization } = addressOf(url);
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ) => {
    const limit = AbortSignal.timeout(limitMs);
    try {
      const answer = await request(`${base}${path}`, {
        method,
        headers: { 'content-type': CONTENT_TYPE, ...(authorization === undefined ? {} : { authorization }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (cause) {
      signal?.throwIfAborted();
      throw away(base, limit.aborted ? `no answer within ${limitMs / 1000} s` : messageOf(cause), cause);
    }
  };
  const must = ({ status, text }: Answer, what: string): string => {
    if (status < 300) return text;
    throw refused(base, what, { status, text });
  };
  const subjectPath = (subject: string) => encodeURIComponent(subject);

  return {
    url: base,
    async schema(id, signal) {
      const answer = await call('GET', `/schemas/ids/${id}`, undefined, signal);
      if (answer.status === 404) return undefined;
      const { schema, schemaType = 'AVRO', references = [] } = json<Found>(base, must(answer, `schema ${id}`));
      return { type: schemaType, text: schema, references: references.map(({ name }) => name) };
    },
    async subjects(signal) {
      return json(base, must(await call('GET', '/subjects', undefined, signal), 'its subjects'));
    },
    async latest(subject, signal) {
      const answer = await call('GET', `/subjects/${subjectPath(subject)}/versions/latest`, undefined, signal);
      if (answer.status === 404) return undefined;
      const { id, schema } = json<Version>(base, must(answer, `the subject ${subject}`));
      return { id, text: schema };
    },
    async remove(subject, signal) {
      // What is removed once can be brought back, and its schemas are compared with what comes after them.
      for (const how of ['', '?permanent=true']) {
        const answer = await call('DELETE', `/subjects/${subjectPath(subject)}${how}`, undefined, signal);
        if (answer.status !== 404) must(answer, `the end of the subject ${subject}`);
      }
    },
    async register(subject, { type, text }, signal) {
      const body = { schema: text, ...(type === 'AVRO' ? {} : { schemaType: type }) };
      const answer = await call('POST', `/subjects/${subjectPath(subject)}/versions`, body, signal);
      return json<{ readonly id: number }>(base, must(answer, `a schema of the subject ${subject}`)).id;
    },
    async compatibility(subject, signal) {
      const own = await call('GET', `/config/${subjectPath(subject)}`, undefined, signal);
      const answer = own.status === 404 ? await call('GET', '/config', undefined, signal) : own;
      return json<Config>(base, must(answer, `the compatibility level of ${subject}`)).compatibilityLevel;
    },
    async setCompatibility(subject, compatibility, signal) {
      const answer = await call('PUT', `/config/${subjectPath(subject)}`, { compatibility }, signal);
      must(answer, `compatibility ${compatibility} of the subject ${subject}`);
    },
  };
}

interface Config {
  readonly compatibilityLevel: Compatibility;
}

interface Version {
  readonly id: number;
  readonly schema: string;
}

interface Found {
  readonly schema: string;
  /** Left out for Avro. */
  readonly schemaType?: string;
  readonly references?: readonly { readonly name: string }[];
}

function addressOf(url: string): { readonly base: string; readonly authorization?: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new OperatorError({
      code: 'registry-url',
      message: 'the address of the schema registry is none',
      expected: 'an http or https URL, for example http://127.0.0.1:8081',
      found: parsed === undefined ? 'no URL' : parsed.protocol,
    });
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  const base = parsed.href.replace(/\/$/, '');
  if (username === '') return { base };
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { base, authorization: `Basic ${login}` };
}

function away(base: string, found: string, cause?: unknown): OperatorError {
  return new OperatorError({
    code: 'registry-away',
    message: 'the schema registry does not answer',
    expected: `a schema registry at ${base}`,
    found,
    hint: 'see whether it runs, and whether its address is right',
    ...(cause === undefined ? {} : { cause }),
    exit: 3,
  });
}

function refused(base: string, what: string, answer: Answer): OperatorError {
  const { status } = answer;
  const found = `HTTP ${status}: ${messageIn(answer)}`;
  if (status >= 500 || status === 429) return away(base, found);
  const [code, message, hint] = reasonOf(status, what);
  return new OperatorError({ code, message, expected: `${what} from ${base}`, found, hint, exit: 3 });
}

function reasonOf(status: number, what: string): readonly [code: string, message: string, hint: string] {
  switch (status) {
    case 401:
      return ['registry-login', 'the schema registry asks for a login', 'put user and password into its URL'];
    case 403:
      return ['registry-login', `the schema registry does not allow ${what}`, 'give that user the right to it'];
    case 404:
      return ['registry-refused', `the schema registry does not have ${what}`, 'see whether its path is right'];
    case 409:
      return [
        'registry-incompatible',
        `the schema registry does not take ${what}: it is not compatible with an earlier version`,
        'change the schema as the compatibility mode allows, or the mode of that subject',
      ];
    case 422:
      return ['registry-invalid', `the schema registry does not take ${what}: it is not valid`, 'correct it'];
    default:
      return ['registry-refused', `the schema registry refused ${what}`, 'read what it says'];
  }
}

/** What the registry says, without the rest of its answer. */
function messageIn({ text }: Answer): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text).slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}

function json<T>(base: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new OperatorError({
      code: 'registry-refused',
      message: 'what answers is no schema registry',
      expected: `JSON from a schema registry at ${base}`,
      found: text.slice(0, 200),
      hint: 'see whether its path is right: Apicurio Registry speaks this API under /apis/ccompat/v7',
      cause,
      exit: 3,
    });
  }
}
