import { isObjectsUrl, objectsAddress } from '#objects/address.ts';
import { OBJECT_FORMATS } from '#objects/formats.ts';
import { OperatorError } from '#std/errors.ts';
import { atCronTimes } from '#std/schedule.ts';
import { shown } from '#std/shown.ts';
import type { Definition, ObjectsTarget } from './pipeline.ts';
import { REFERENCE, STAND_IN } from './references.ts';

/** The properties of a pipeline whose target is a bucket, which no other has. */
export const OBJECT_PROPERTIES = ['endpoint', 'region', 'format', 'every', 'cron', 'flush'] as const;

type Given = Readonly<Record<string, unknown>>;

/**
 * What was asked for of objects; undefined where the target is a database. Throws an OperatorError (`pipeline-invalid`,
 * `wrong-url`, `wrong-value`) for what does not fit, or does not go together.
 */
export function objectsTarget(
  where: string,
  given: Given,
  { target, mode }: Pick<Definition, 'target' | 'mode'>,
): ObjectsTarget | undefined {
  const said = OBJECT_PROPERTIES.find((property) => given[property] !== undefined);
  if (!isObjectsUrl(target)) {
    if (said === undefined) return undefined;
    throw invalid(where, `${said}: only a pipeline into objects has it`, 'a target s3://bucket/prefix', 'a database');
  }
  // Asked for its form alone: it still has references in it.
  objectsAddress(target.replaceAll(REFERENCE, STAND_IN));
  const { endpoint, region, every, cron, flush } = given;
  const timed = every ?? cron;
  if (mode !== 'full_load_only' && timed !== undefined)
    throw invalid(where, 'every, cron: changes come all the time', 'full_load_only with them, or neither', timed);
  if (mode === 'full_load_only' && flush !== undefined)
    throw invalid(where, 'flush: how long changes are gathered', 'a pipeline with CDC', mode);
  if (given.sink_connect !== undefined)
    throw invalid(where, 'sink_connect: no sink connector writes objects', 'connect alone', 'both');
  if (given.on_existing !== undefined)
    throw invalid(
      where,
      'on_existing: a load into objects finds nothing that it could write over',
      'no such property: each load makes a set of objects of its own',
      given.on_existing,
    );
  const format = OBJECT_FORMATS.find((word) => word === (given.format ?? 'jsonl'));
  if (format === undefined)
    throw invalid(where, 'format: what are the objects?', OBJECT_FORMATS.join(' or '), given.format);
  if (every !== undefined && cron !== undefined)
    throw invalid(where, 'every and cron are two ways to say the same', 'one of them', 'both');
  if (typeof cron === 'string') atCronTimes(cron);
  return {
    format,
    ...(endpoint === undefined ? {} : { endpoint: endpointOf(where, endpoint) }),
    ...(region === undefined ? {} : { region: text(where, 'region', region, 'a region, such as eu-central-1') }),
    ...(every === undefined ? {} : { everySeconds: secondsOf(where, 'every', every) }),
    ...(flush === undefined ? {} : { flushSeconds: secondsOf(where, 'flush', flush) }),
    ...(cron === undefined ? {} : { cron: text(where, 'cron', cron, 'a cron expression, such as "0 3 * * *"') }),
  };
}

function endpointOf(where: string, given: unknown): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '')
    return url.href.replace(/\/$/, '');
  // It may hold a password, so it is not shown.
  const found = url?.username ? 'one with a user in it' : 'something else';
  throw invalid(where, 'endpoint: where is the store?', 'http://host:port, or https://…, without a user', found);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(where: string, property: string, given: unknown): number {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(String(given)) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isInteger(seconds)) return seconds;
  throw invalid(where, `${property}: how often?`, 'a number and s, m, h or d: 30m, 1h, 1d', given);
}

function text(where: string, property: string, given: unknown, expected: string): string {
  if (typeof given === 'string' && given !== '') return given;
  throw invalid(where, `${property}: this is no text`, expected, given);
}

function invalid(where: string, message: string, expected: string, found: unknown): OperatorError {
  return new OperatorError({
    code: 'pipeline-invalid',
    message: `${where}${message}`,
    expected,
    found: shown(found),
  });
}
