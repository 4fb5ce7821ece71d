import { diagnoseSetUp } from '#diagnosis/set-up/diagnose.ts';
import type { SetUpFacts } from '#model/set-up.ts';
import { redacted } from '#std/redact.ts';
import { type Failure, shortClass } from './letter.ts';

type Config = Readonly<Record<string, string>>;

/** What a failure means, and what to do about it. */
export interface Explanation {
  /** Where in the connector it failed: one sentence. */
  readonly stage: string;
  /** What the class of the error means, by the table of causes; absent where none of its causes fits. */
  readonly cause?: { readonly code: string; readonly says: string; readonly docs: string };
  /** In the order in which they are to be tried. */
  readonly remedies: readonly string[];
}

const CONVERTERS: Readonly<Record<string, readonly [part: string, property: string]>> = {
  KEY_CONVERTER: ['key', 'key.converter'],
  VALUE_CONVERTER: ['value', 'value.converter'],
  HEADER_CONVERTER: ['headers', 'header.converter'],
};

/** Causes that say what becomes of a connector, and not of one record that is in a queue already. */
const OF_CONNECTORS = /-connector-failed$|^unexplained$|^connector-poison-record$/;

const MISMATCH = 'converter-mismatch';

/** Explains a failure by its stage, and by the causes that `driftlab diagnose` knows connectors' traces by. */
export function explainFailure(failure: Failure, config: Config = {}): Explanation {
  const { stage, does } = atStage(failure, config);
  const [found] = causesOf(failure, config);
  // One record does not say whether all of its topic are written so.
  const cause = failure.stage in CONVERTERS && found?.code === MISMATCH ? undefined : found;
  if (cause === undefined) return { stage, remedies: [...does, THEN] };
  const { code, says, docs, fix, notes } = cause;
  const others = notes.filter((note) => !note.startsWith('then '));
  const first = failure.stage === 'TASK_PUT' ? [] : does;
  const remedies = [...first, ...fix.run.map((run) => (fix.at === '' ? run : `${fix.at}: ${run}`)), ...others, THEN];
  return { stage, cause: { code, says, docs }, remedies };
}

const THEN = 'then: driftlab dlq replay';

function atStage({ stage, executing, connector }: Failure, config: Config) {
  const who = shortClass(executing);
  const [part, property] = CONVERTERS[stage] ?? [];
  if (part !== undefined)
    return {
      stage: `converter: ${who} could not read the record's ${part}`,
      does: [
        `where it is this record alone: have whoever wrote it write it again as ${who} reads it; a replay of it fails again`,
        `where every record of the topic fails: set ${property} of ${connector} to the converter that wrote them`,
      ],
    };
  if (stage === 'TRANSFORMATION') {
    const names = (config.transforms ?? '').split(',').map((name) => name.trim());
    const property = names
      .map((name) => `transforms.${name}.type`)
      .find((one) => config[one] === executing || config[one]?.startsWith(`${executing}$`));
    return {
      stage: `transformation: ${who} failed on the record, before the connector got it`,
      does: [
        `correct or remove ${property ?? 'the transformation'} in the configuration of ${connector}, or give it a predicate that leaves such records out`,
      ],
    };
  }
  if (stage === 'TASK_PUT')
    return {
      stage: `put: ${connector} could not write the record`,
      does: ['fix at the target what its message names'],
    };
  return { stage: `${stage.toLowerCase().replaceAll('_', ' ')}: ${who} failed`, does: ['fix what its message names'] };
}

/** As a connector that has failed would be diagnosed. */
function causesOf({ connector: name, trace, message }: Failure, config: Config) {
  const shown = Object.fromEntries(
    Object.entries(config).map(([property, value]) => [property, redacted(property, value)]),
  );
  const none = { at: '', start: [], anew: [], status: '', diagnose: '' };
  const facts: SetUpFacts = {
    pipeline: {
      ...{
        name,
        mark: '',
        publication: '',
        mode: 'cdc_only',
        cdc: true,
        foreign: true,
        carriedHere: false,
        held: false,
      },
      ...{
        onExisting: 'append',
        tables: [],
        quoted: {},
        status: 'ERROR',
        cdcStatus: 'ERROR',
        loaded: true,
        commands: none,
      },
    },
    unresolved: [],
    sinkConnect: {
      place: { where: '', address: '' },
      read: {
        ...{ plugins: [], name, inferred: false, names: [name], config: shown },
        connector: { state: 'RUNNING', tasks: [{ id: 0, state: 'FAILED', trace: trace || message, reason: message }] },
      },
    },
  };
  return diagnoseSetUp(facts).causes.filter(({ code }) => !OF_CONNECTORS.test(code));
}
