import type { CommandSpec, OwnConnector, VariantSpec } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { checkSinkOf } from './check-sink.ts';
import { connectorsAt } from './connectors.ts';
import { refuseSinkElsewhere } from './elsewhere.ts';
import type { PlannedFile } from './ends.ts';
import { entriesFor, fileEntries, mappingOf } from './mapping.ts';
import { leavingOut, naming, pairTables } from './pair.ts';
import { registryConverters } from './registry-converters.ts';
import type { SubjectEntry } from './schema.ts';

/** The lab's own sink connector honours a TRUNCATE here: the source connector captures it. */
const LAB_SINK = { 'truncate.enabled': 'true' };

/** The name of the lab's own applier where it runs beside. */
const CONTROL = 'control';

export type Subjects = Readonly<Record<string, VariantSpec>>;

/** Why the lab's own applier cannot read what a source connector writes; undefined where it can. */
export function whyUnreadable({ file, config, converters = [] }: OwnConnector): string | undefined {
  const converter = config['value.converter'];
  // What stands in writes Confluent's wire format, and so do Confluent's own.
  const known = converters.some(({ part, here, api }) => part === 'value' && (here === 'avro' || api === 'confluent'));
  if (converter !== undefined && !known && !/(^|\.json\.)JsonConverter$/.test(converter))
    return `value.converter=${converter} in ${file}`;
  if (config['value.converter.schemas.enable'] === 'false') return `value.converter.schemas.enable=false in ${file}`;
  const unwrapping = Object.keys(config).find((name) => config[name]?.endsWith('.ExtractNewRecordState') === true);
  return unwrapping === undefined ? undefined : `${unwrapping} in ${file} takes the envelope off`;
}

/** The subjects of a pipeline file; without any, the lab's own two. */
export function subjectsOf(read: PlannedFile, unreadable: string | undefined): Subjects {
  const { file } = read;
  const variants: Record<string, VariantSpec> = {};
  for (const [index, subject] of (file.subjects ?? []).entries()) {
    const { name } = subject;
    if (Object.hasOwn(variants, name))
      throw new OperatorError({
        code: 'subject-twice',
        message: `${read.at(['subjects', index])}: there are two subjects ${JSON.stringify(name)}`,
        expected: 'a name of its own for each',
      });
    variants[name] = subjectOf(read, subject, index, unreadable);
  }
  const plain = pairTables(read.ends, leavingOut(mappingOf(fileEntries(read))));
  if (file.subjects === undefined)
    variants['debezium-jdbc'] = {
      ...{ kind: 'connect-sink', title: 'Debezium JDBC sink connector, upsert' },
      ...{ config: LAB_SINK, pair: plain },
    };
  if ((file.control ?? file.subjects === undefined) && unreadable === undefined)
    variants[CONTROL] = { ...appliers('dedup'), pair: naming(plain), control: true };
  return variants;
}

function subjectOf(
  read: PlannedFile,
  subject: SubjectEntry,
  index: number,
  unreadable: string | undefined,
): VariantSpec {
  const { command } = subject;
  const entries = entriesFor(read, index);
  const pair = pairTables(read.ends, mappingOf(entries));
  const checkSink = checkSinkOf(read, entries);
  const property = subject.connector === undefined ? 'connectors' : 'connector';
  const own = connectorsAt(read, subject[property], ['subjects', index, property], 'sink');
  if (own.length > 0) {
    const connectors = own.map(({ at, ...one }) => {
      const converting = { ...one, converters: registryConverters({ connector: one, at, hasClass: read.hasClass }) };
      refuseSinkElsewhere(converting, at);
      return converting;
    });
    const title = connectors.map(({ file }) => file).join(', ');
    return { kind: 'connect-sink', title, connectors, pair, checkSink };
  }
  if (command !== undefined) {
    const program = programOf(read, command, subject.env, subject.restart ?? true);
    return { kind: 'command', title: command, command: program, pair, checkSink };
  }
  const mode = subject.builtin ?? 'dedup';
  if (unreadable !== undefined)
    throw new OperatorError({
      code: 'builtin-cannot-read',
      message: `${read.at(['subjects', index])}: the built-in applier cannot read what this connector writes`,
      expected: 'envelopes in JSON with schemas',
      found: unreadable,
      hint: 'test a sink connector or a program of your own',
    });
  return { ...appliers(mode), pair: pairTables(read.ends, leavingOut(mappingOf(entries))) };
}

function appliers(mode: 'insert' | 'upsert' | 'dedup'): VariantSpec {
  const commit = mode === 'dedup' ? 'with' : 'after';
  return { kind: 'builtin', title: `built-in applier, ${mode}`, mode, commit, schema: 'evolve', errors: 'stop' };
}

/** A program that the pipeline file names. */
export function programOf(
  { folder }: Pick<PlannedFile, 'folder'>,
  run: string,
  env: Readonly<Record<string, string | number | boolean>> | undefined,
  restart: boolean,
): CommandSpec {
  return {
    run,
    folder,
    restart,
    env: Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, String(value)])),
  };
}
