import { badValue, type OptionTable, type Switch, type Usage, type ValueOption } from './arguments.ts';
import { topologyOptions } from './topology.ts';

/** Options of every command. */
export const COMMON = {
  debug: { kind: 'switch', help: 'show the stack of an error' },
  help: { kind: 'switch', help: 'show this' },
} as const satisfies OptionTable;

/** An option whose value is any text. */
export function word(placeholder: string, help: string, otherwise?: string): ValueOption<string> {
  return { kind: 'value', placeholder, help, parse: (text) => text, ...(otherwise === undefined ? {} : { otherwise }) };
}

/** Of commands that say why something does not run. */
export const FIXING = {
  fix: { kind: 'switch', help: 'offer the fixes that take nothing away, one by one; each is made only after a yes' },
  'source-admin': word('URL', "whose user runs the source's statements of --fix", 'the user who was asked about'),
  'target-admin': word('URL', "whose user runs the target's statements of --fix", 'the user who was asked about'),
} as const satisfies OptionTable;

export const REPORT_DIR: ValueOption<string> = {
  kind: 'value',
  placeholder: 'FOLDER',
  help: 'where the run gets its own folder',
  otherwise: 'reports',
  parse: (text) => text,
};

const list: Switch = { kind: 'switch', help: 'list the scenarios, their failure modes and variants' };

/** As the engines' table has them: loading that for a help text would take longer than the command. */
const ENGINES: readonly string[] = ['postgres', 'mariadb', 'mysql', 'sqlserver'];
/** The engine of a source or a sink that names none. */
export const ENGINE = 'postgres';

export const HOLD_SECONDS = 3;
export const RATE = 100;

const scenarioOptions = {
  list,
  seed: integer('N', 'seed of all randomness, printed by every run', 0, Number.MAX_SAFE_INTEGER, 'a random one'),
  rate: number('N', 'transactions per second that the writers aim at', 0.1, 100_000, String(RATE)),
  hold: number('SECONDS', 'how long a fault that lasts is kept up', 0.1, 3600, String(HOLD_SECONDS)),
  'at-op': atOperation(),
  only: names('MODES', 'failure modes to run, separated by commas', 'all of the scenario'),
  variants: names('NAMES', 'pipeline variants to run, separated by commas', 'all of the scenario'),
  source: engine('source'),
  sink: engine('sinks'),
  ...topologyOptions,
  'max-in-flight-bytes': maxInFlightBytes(),
  'report-dir': REPORT_DIR,
  ...COMMON,
} as const satisfies OptionTable;

export const scenarioUsage: Usage<typeof scenarioOptions> = {
  command: 'scenario',
  summary:
    'Runs a scenario: starts a real pipeline, breaks it in each failure mode, verifies every variant, leaves a report.\n' +
    'Exit status: 0 as expected, 1 an expectation failed, 2 wrong usage, 3 could not be judged, 130 interrupted.',
  operands: ['name'],
  options: scenarioOptions,
  examples: [
    'npx driftlab scenario canonical',
    'npx driftlab scenario canonical --only restart,lag --seed 42',
    'npx driftlab scenario my-scenario.ts',
    'npx driftlab scenario --list',
  ],
};

export const reportUsage: Usage<typeof COMMON> = {
  command: 'report',
  summary: "Writes a finished run's reports again, from the history in its folder.",
  operands: ['folder'],
  options: COMMON,
  examples: ['npx driftlab report reports/latest'],
};

const recheckOptions = {
  json: { kind: 'switch', help: 'print the result as JSON: run, verdict, same, differences, report' },
  ...COMMON,
} as const satisfies OptionTable;

export const recheckUsage: Usage<typeof recheckOptions> = {
  command: 'recheck',
  summary:
    'Judges a finished run again from what its folder holds, without any server, and compares with its report.\n' +
    'Exit status: 0 PASS and the same, 1 a FAIL or not the same, 2 wrong usage, 3 could not be judged.',
  operands: ['folder'],
  options: recheckOptions,
  examples: ['npx driftlab recheck reports/latest'],
};

/** The engine of the databases on one side. */
export function engine(side: string): ValueOption<string> {
  return {
    kind: 'value',
    placeholder: 'ENGINE',
    help: `database engine of the ${side}: ${ENGINES.join(', ')}`,
    otherwise: ENGINE,
    parse(text, option) {
      if (!ENGINES.includes(text)) throw badValue(option, ENGINES.join(' or '), text);
      return text;
    },
  };
}

/** The engines that were asked for. */
export function enginesOf(options: { readonly source?: string | undefined; readonly sink?: string | undefined }): {
  readonly source?: string;
  readonly sink?: string;
} {
  const { source, sink } = options;
  return { ...(source === undefined ? {} : { source }), ...(sink === undefined ? {} : { sink }) };
}

/** One moment of `--at-op`; without a step it is that of the first step of every mode. */
interface Moment {
  readonly step?: string;
  readonly operation: number;
}

function atOperation(): ValueOption<readonly Moment[]> {
  return {
    kind: 'value',
    placeholder: '[STEP=]N,…',
    help: 'inject the fault of a step, or of the first, when operation N commits',
    otherwise: 'after a second of writing',
    parse(text, option) {
      return text.split(',').map((part) => {
        const [, step, digits] = /^(?:([\w/-]+)=)?([1-9]\d{0,14})$/.exec(part.trim()) ?? [];
        if (digits === undefined)
          throw badValue(option, 'numbers of operations, as in 200 or lag=200,retention=1900', text);
        return { ...(step === undefined ? {} : { step }), operation: Number(digits) };
      });
    },
  };
}

export function number(
  placeholder: string,
  help: string,
  min: number,
  max: number,
  otherwise: string,
): ValueOption<number> {
  return {
    kind: 'value',
    placeholder,
    help,
    otherwise,
    parse(text, option) {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw badValue(option, `a number from ${min} to ${max}`, text);
    },
  };
}

export function integer(
  placeholder: string,
  help: string,
  min: number,
  max: number,
  otherwise: string,
): ValueOption<number> {
  return {
    kind: 'value',
    placeholder,
    help,
    otherwise,
    parse(text, option) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw badValue(option, `a whole number from ${min} to ${max}`, text);
    },
  };
}

/** The bound of the built-in applier's memory. */
export function maxInFlightBytes(): ValueOption<number> {
  const help = 'bytes fetched and not yet applied at which a built-in applier stops fetching';
  return integer('N', help, 1, Number.MAX_SAFE_INTEGER, '33554432');
}

/** Names separated by commas, each once. Whether they exist is for whoever knows what there is. */
export function names(placeholder: string, help: string, otherwise: string): ValueOption<readonly string[]> {
  return {
    kind: 'value',
    placeholder,
    help,
    otherwise,
    parse(text, option) {
      const all = text.split(',').map((name) => name.trim());
      if (all.every((name) => name !== '')) return [...new Set(all)];
      throw badValue(option, 'names separated by commas', text);
    },
  };
}
