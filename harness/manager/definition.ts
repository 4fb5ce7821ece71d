import { engineOfUrl } from '#engines/index.ts';
import { isObjectsUrl } from '#objects/address.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { shown } from '#std/shown.ts';
import { cdcServers, sinkOf } from './definition-cdc.ts';
import { OBJECT_PROPERTIES, objectsTarget } from './definition-objects.ts';
import { isLabPlace, labPlace } from './lab-names.ts';
import { type Definition, MODES, ON_EXISTING } from './pipeline.ts';
import { addressInVault, REFERENCE, requireStorable, STAND_IN } from './references.ts';

/** The properties of a pipeline, as a file and a request name them. */
const PROPERTIES = [
  ...(['name', 'source', 'target', 'tables', 'mode', 'on_existing'] as const),
  ...(['connect', 'sink', 'sink_connect', 'brokers', 'use_vault'] as const),
  ...(['source_connect_password', 'target_connect_password'] as const),
  ...OBJECT_PROPERTIES,
] as const;

/** Lower case, so that it can be part of a slot's name; short, so that whatever else has it in its name fits. */
const NAME = /^[a-z][a-z0-9_-]{0,39}$/;

const TABLES_MAX = 1000;

/**
 * What a person asked for, checked without any server. Throws an OperatorError (`pipeline-invalid`, or that of an address)
 * that names the property; `where` says whose it is, `pipeline.yaml: ` for one.
 */
export function definitionOf(given: unknown, where = ''): Definition {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid(where, 'a pipeline is a mapping', `properties ${PROPERTIES.join(', ')}`, given);
  const properties = given as Readonly<Record<string, unknown>>;
  for (const property of Object.keys(properties)) requireKnown(where, property);
  const { tables, name } = properties;
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid(
      where,
      'name: a pipeline has a name',
      'lower case letters, digits, _ and -, at most 40, a letter first',
      name,
    );
  const { use_vault: useVault = false } = properties;
  if (typeof useVault !== 'boolean')
    throw invalid(where, 'use_vault: are databases named as in Vault?', 'true or false', useVault);
  const [source, target] = (['source', 'target'] as const).map((side) => {
    const given = properties[side];
    const named = useVault && (given === undefined || typeof given === 'string');
    return address(where, side, named ? addressInVault(side, given) : given);
  });
  const mode = oneOf(where, 'mode', MODES, properties.mode ?? 'full_load_and_cdc');
  if (mode !== 'full_load_only') requireCarried(where, source as string, mode);
  const objects = objectsTarget(where, properties, { target: target as string, mode });
  const sink = sinkOf(where, properties, { mode, intoObjects: objects !== undefined });
  return {
    name,
    source: source as string,
    target: target as string,
    tables: tableList(where, tables),
    mode,
    onExisting: oneOf(where, 'on_existing', ON_EXISTING, properties.on_existing ?? 'fail'),
    ...(mode === 'full_load_only'
      ? {}
      : {
          cdc: {
            ...cdcServers(
              where,
              properties,
              [source, target].some((one) => isLabPlace(one ?? '')),
            ),
            ...(sink === undefined ? {} : { sink }),
          },
        }),
    ...(objects === undefined ? {} : { objects }),
  };
}

/** What is known of a source before it is asked: of an address that is a reference as a whole, nothing. */
function requireCarried(where: string, source: string, mode: string): void {
  if (source.startsWith('$') || isLabPlace(source)) return;
  const { stream, title } = engineOfUrl(source.replaceAll(REFERENCE, STAND_IN));
  if (stream !== undefined) return;
  throw invalid(
    where,
    `mode: changes of ${title} cannot be carried on from a full load yet`,
    'full_load_only, or a source of PostgreSQL, MariaDB or MySQL',
    mode,
  );
}

function requireKnown(where: string, property: string): void {
  if ((PROPERTIES as readonly string[]).includes(property)) return;
  const meant = nearest(property, PROPERTIES);
  throw new OperatorError({
    code: 'pipeline-invalid',
    message: `${where}a pipeline has no property ${JSON.stringify(property)}`,
    expected: `one of ${PROPERTIES.join(', ')}`,
    found: property,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

function address(where: string, side: 'source' | 'target', given: unknown): string {
  // Whatever was given may hold a password, so it is not shown.
  if (typeof given !== 'string' || given === '')
    throw invalid(
      where,
      `${side}: which ${side}?`,
      side === 'source'
        ? 'the URL of a database, or lab:source'
        : 'the URL of a database or a bucket, or lab:sink/DATABASE',
      given === undefined ? undefined : '…',
    );
  if (isLabPlace(given)) {
    labPlace(side, given, where);
    return given;
  }
  requireStorable(side, given);
  const objects = side === 'target' && isObjectsUrl(given);
  if (!given.startsWith('$') && !objects) engineOfUrl(given.replaceAll(REFERENCE, STAND_IN));
  return given;
}

function tableList(where: string, given: unknown): readonly string[] {
  const list = typeof given === 'string' ? given.split(',') : given;
  const names = Array.isArray(list) ? list.map((each) => (typeof each === 'string' ? each.trim() : '')) : [];
  if (names.length === 0 || names.length > TABLES_MAX || names.includes(''))
    throw invalid(
      where,
      'tables: which tables?',
      `a list of 1 to ${TABLES_MAX} names, such as [invoices, sales.items]`,
      given,
    );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(where, 'tables: a table is named twice', 'each table once', twice);
  return names;
}

function oneOf<T extends string>(where: string, property: string, words: readonly T[], given: unknown): T {
  const word = words.find((each) => each === given);
  if (word !== undefined) return word;
  const meant = nearest(String(given), words);
  throw new OperatorError({
    code: 'pipeline-invalid',
    message: `${where}${property}: this is none of the values it can have`,
    expected: `one of ${words.join(', ')}`,
    found: shown(given),
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

function invalid(where: string, message: string, expected: string, found: unknown): OperatorError {
  return new OperatorError({
    code: 'pipeline-invalid',
    message: `${where}${message}`,
    expected,
    found: found === undefined ? 'nothing' : shown(found),
  });
}
