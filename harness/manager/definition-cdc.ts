// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { commaList } from '#std/comma-list.ts';
import { OperatorError } from '#std/errors.ts';
import { shown } from '#std/shown.ts';
import { isLab, LAB } from './lab-names.ts';
import { type CdcServers, type Definition, SINKS } from './pipeline.ts';
import { requireStorable } from './references.ts';

const WORKER = /^(https?:\/\/|\$\{)/;
const BROKER = /^[^\s:/]+:\d+$|^\[[^\]]+\]:\d+$/;

/**
 * The servers of a pipeline with CDC. `fromLab`: its source or its target is the live lab's, and so are these where nothing else is
 * said. Throws an OperatorError (`pipeline-invalid`, `literal-secret`) that names the property.
 */
export function cdcServers(where: string, given: Readonly<Record<string, unknown>>, fromLab: boolean): CdcServers {
  const list = (property: string, expected: string, form: RegExp, otherwise?: readonly string[]): readonly string[] => {
    const value = given[property];
    if (value === undefined && otherwise !== undefined) return otherwise;
    const all = typeof value === 'string' ? commaList(value) : value;
    if (Array.isArray(all) && (isLab(all) || (all.length > 0 && all.every((one) => isText(one) && form.test(one)))))
      return all;
    // An address may hold a password, so it is not shown.
    const found = value === undefined ? 'nothing' : '"…"';
    throw invalid(`${where}${property}: a pipeline with CDC names them`, `${expected}, or lab, the live lab's`, found);
  };
  const connect = list(
    'connect',
    "the URLs of Kafka Connect's workers: http://connect:8083",
    WORKER,
    fromLab ? [LAB] : undefined,
  );
  const sinkConnect = list('sink_connect', 'URLs, likewise', WORKER, connect);
  for (const url of [...connect, ...sinkConnect]) if (url !== LAB) requireStorable('Connect worker', url);
  const byLab = isLab(connect) || isLab(sinkConnect);
  const brokers = list('brokers', "Kafka's brokers: host:9092", BROKER, byLab ? [LAB] : undefined);
  if (byLab && !isLab(brokers))
    throw invalid(`${where}brokers: the live lab's workers use the live lab's brokers`, LAB, brokers.join(', '));
  const passwords = workersPasswords(where, given);
  return { connect, sinkConnect, brokers, ...(passwords === undefined ? {} : { passwords }) };
}

const REFERENCE = /^\$\{[^{}:]+:[^{}]+\}$/;

/** What the workers resolve themselves in place of passwords. What was given may be one, so it is not shown. */
function workersPasswords(where: string, given: Readonly<Record<string, unknown>>): CdcServers['passwords'] {
  const sides = (['source', 'target'] as const).flatMap((side) => {
    const property = `${side}_connect_password`;
    const value = given[property];
    if (value === undefined) return [];
    if (isText(value) && REFERENCE.test(value)) return [[side, value] as const];
    const expected = 'one reference that they resolve: ${file:/etc/kafka/shop.properties:password}';
    throw invalid(`${where}${property}: what stands for the password at the workers?`, expected, '"…"');
  });
  return sides.length === 0 ? undefined : Object.fromEntries(sides);
}

/**
 * What writes changes into the target's database; undefined where nothing was said of it. Throws an OperatorError
 * (`pipeline-invalid`) where it is no such thing, or nothing that goes together with the rest.
 */
export function sinkOf(
  where: string,
  given: Readonly<Record<string, unknown>>,
  { mode, intoObjects }: { readonly mode: Definition['mode']; readonly intoObjects: boolean },
): CdcServers['sink'] {
  const said = given.sink;
  if (said === undefined) return undefined;
  const sink = SINKS.find((word) => word === said);
  if (sink === undefined)
    throw invalid(`${where}sink: what writes changes into the target?`, SINKS.join(' or '), shown(said));
  if (mode === 'full_load_only')
    throw invalid(`${where}sink: a pipeline that only loads carries no changes`, 'a pipeline with CDC', mode);
  if (intoObjects)
    throw invalid(`${where}sink: an applier of its own writes objects`, 'no such property, or a database', sink);
  if (sink === 'applier' && given.sink_connect !== undefined)
    throw invalid(`${where}sink_connect: with the applier no sink connector runs`, 'connect alone', 'both');
  return sink;
}

function isText(given: unknown): given is string {
  return typeof given === 'string';
}

function invalid(message: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'pipeline-invalid', message, expected, found });
}
