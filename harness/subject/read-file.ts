import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { shown } from '#std/shown.ts';
import { PIPELINE_SCHEMA, type PipelineFile } from './schema.ts';
import { readYaml, type YamlDocument } from './yaml.ts';

/** A pipeline file as it was read, and where in it everything stands. */
export interface ReadFile {
  readonly file: PipelineFile;
  /** The path as it was named. */
  readonly path: string;
  /** Absolute folder to which its paths are relative. */
  readonly folder: string;
  /** `pipeline.yaml:12` for a place in the file, e.g. `['subjects', 0, 'name']`. */
  at(place: readonly (string | number)[]): string;
  /** Contents of a file that it names. Throws an OperatorError (`file-missing`) that says where it is named. */
  text(named: string, place: readonly (string | number)[]): string;
}

const EMPTY: YamlDocument = { value: null, lineOf: () => 1 };

const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
const validate = ajv.compile(PIPELINE_SCHEMA);

/**
 * Reads and checks a pipeline file: YAML, of which JSON is a part. Throws an OperatorError for a file that is not there
 * (`file-missing`), is no YAML (`yaml-error`), or holds what the schema does not know (`pipeline-invalid`), each with the
 * line, the path in the file and the nearest right name.
 */
export function readPipelineFile(path: string, cwd: string): ReadFile {
  const whole = resolve(cwd, path);
  const text = readText(whole, path);
  const [document = EMPTY, another] = readYaml(text, path, 'driftlab init writes a file to begin with');
  const at = (place: readonly (string | number)[]): string => `${path}:${document.lineOf(place)}`;
  if (another !== undefined)
    throw new OperatorError({
      code: 'yaml-error',
      message: `${path}: there are several documents, separated by ---`,
      expected: 'one document: one pipeline',
      hint: 'connectors may stand in a file of their own with several documents: connector: connectors.yaml',
    });
  const file = document.value;
  if (!validate(file)) throw invalid(validate.errors ?? [], at);
  const folder = dirname(whole);
  return {
    file: file as PipelineFile,
    path,
    folder,
    at,
    text(named, place) {
      try {
        return readText(resolve(folder, named), named);
      } catch (cause) {
        if (!(cause instanceof OperatorError)) throw cause;
        throw new OperatorError({
          code: 'file-missing',
          message: `${at(place)}: ${named} cannot be read`,
          expected: `a file at ${resolve(folder, named)}`,
          ...(cause.found === undefined ? {} : { found: cause.found }),
          hint: `paths are relative to ${basename(path)}`,
          cause,
        });
      }
    },
  };
}

function readText(whole: string, named: string): string {
  try {
    const found = statSync(whole);
    if (found.isDirectory()) throw new Error('it is a folder');
    if (found.isCharacterDevice() || found.isBlockDevice()) throw new Error('it is a device');
    return readFileSync(whole, 'utf8');
  } catch (cause) {
    throw new OperatorError({
      code: 'file-missing',
      message: `${named} cannot be read`,
      found: messageOf(cause),
      hint: 'driftlab init writes a pipeline file to begin with',
      cause,
    });
  }
}

/** The error that says most: the deepest in the file. Of alternatives, that which came furthest. */
function invalid(errors: readonly ErrorObject[], at: ReadFile['at']): OperatorError {
  const choices = errors.filter((error) => choiceOf(error) !== undefined);
  // Where one of several properties is to be given, none of them alone is what is missing.
  const isBranch = ({ instancePath, schemaPath }: ErrorObject): boolean =>
    choices.some((one) => one.instancePath === instancePath && schemaPath.startsWith(`${one.schemaPath}/`));
  const told = errors.filter(
    (error) =>
      choices.includes(error) ||
      (!['oneOf', 'if', 'propertyNames', 'const'].includes(error.keyword) && !isBranch(error)),
  );
  const depth = ({ instancePath }: ErrorObject): number => instancePath.split('/').length;
  const rank = (error: ErrorObject): number =>
    depth(error) * 10 + (error.keyword === 'additionalProperties' ? 5 : error.keyword === 'enum' ? 3 : 0);
  const [error] = [...(told.length > 0 ? told : errors)].sort((a, b) => rank(b) - rank(a));
  if (error === undefined) throw new Error('invalid without an error');
  const place = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
  const { where, ...said } = describe(error, place, belonging(error, errors));
  const spot = where ?? place;
  return new OperatorError({
    code: 'pipeline-invalid',
    ...said,
    message: `${at(spot)}: ${spot.length === 0 ? 'the file' : spot.join('.')}: ${said.message}`,
  });
}

/** The properties of which exactly one must be given; undefined for an error about anything else. */
function choiceOf({ keyword, parentSchema, data }: ErrorObject): string[] | undefined {
  if (keyword !== 'oneOf' || typeof data !== 'object' || data === null) return undefined;
  const branches = (parentSchema?.oneOf ?? []) as { readonly required?: readonly string[] }[];
  return branches.every(({ required }) => required?.length === 1)
    ? branches.flatMap(({ required }) => required ?? [])
    : undefined;
}

interface Said {
  readonly message: string;
  readonly where?: readonly (string | number)[];
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

interface Belonging {
  /** The kinds of values that a place takes, of all alternatives. */
  readonly kinds: readonly string[];
  readonly description: string | undefined;
}

/** What the schema says of an error's place. Of alternatives each says less than what stands around them. */
function belonging(error: ErrorObject, errors: readonly ErrorObject[]): Belonging {
  const here = errors.filter(({ instancePath }) => instancePath === error.instancePath);
  const types = here.flatMap(({ keyword, params }) => (keyword === 'type' ? [params.type as string | string[]] : []));
  const around = here.find(({ keyword }) => keyword === 'oneOf');
  const own = types.length > 1 ? undefined : descriptionOf(error);
  return {
    kinds: [...new Set(types.flat())].map((type) => KINDS[type] ?? type),
    description: own ?? descriptionOf(around),
  };
}

function descriptionOf(error: ErrorObject | undefined): string | undefined {
  return (error?.parentSchema as { description?: string } | undefined)?.description;
}

/** JSON Schema's types in YAML's words. */
const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  string: 'a text',
};

function describe(error: ErrorObject, place: readonly (string | number)[], { kinds, description }: Belonging): Said {
  const { keyword, params, parentSchema, data, message } = error;
  switch (keyword) {
    case 'oneOf': {
      const choice = choiceOf(error) ?? [];
      const given = choice.filter((name) => Object.hasOwn(data as object, name));
      return {
        message: given.length === 0 ? 'one property is missing' : 'only one of these can be given',
        expected: `exactly one of ${choice.join(', ')}`,
        found: given.join(' and ') || 'none of them',
      };
    }
    case 'additionalProperties': {
      const word = String(params.additionalProperty);
      const known = Object.keys((parentSchema?.properties ?? {}) as object).filter((name) => !name.startsWith('$'));
      return {
        where: [...place, word],
        message: `there is no property ${JSON.stringify(word)} here`,
        ...oneOf(word, known),
      };
    }
    case 'enum':
      return {
        message: 'this is none of the values it can have',
        ...oneOf(String(data), params.allowedValues as string[]),
      };
    case 'required':
      return {
        message: `${JSON.stringify(params.missingProperty)} is missing`,
        expected: String(params.missingProperty),
      };
    case 'type':
      return {
        message: `this must be ${kinds.join(' or ')}`,
        expected: description ?? kinds.join(' or '),
        found: shown(data),
      };
    case 'pattern':
      return {
        message: 'this is not written as it must be',
        expected: description ?? String(params.pattern),
        found: String(data),
      };
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = parentSchema as { readonly minimum: number; readonly maximum: number };
      return {
        message: `this must be a number from ${minimum} to ${maximum}`,
        expected: `from ${minimum} to ${maximum}`,
        found: String(data),
      };
    }
    default:
      return { message: message ?? keyword, found: shown(data) };
  }
}

function oneOf(word: string, known: readonly string[]): Pick<Said, 'expected' | 'found' | 'hint'> {
  const meant = nearest(word, known);
  return {
    expected: `one of ${known.join(', ')}`,
    found: word,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  };
}
