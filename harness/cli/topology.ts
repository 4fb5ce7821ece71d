import type { Topology } from '#model/stack.ts';
import { badValue, type OptionTable, type OptionValues, type ValueOption } from './arguments.ts';

/** As the table of runtimes has them. */
const RUNTIMES: readonly string[] = ['embedded', 'docker', 'auto'];

/** See {@link LogFormat}. */
const FORMATS: readonly string[] = ['json', 'avro', 'plain'];

const BROKERS: readonly string[] = ['1', '3'];
const WORKERS: readonly string[] = ['1', '2', '3', '4'];

/** What a stack is made of, for every command that starts one. */
export const topologyOptions = {
  runtime: oneOf('RUNTIME', 'what the servers run as', RUNTIMES),
  brokers: count('how many Kafka brokers', BROKERS),
  workers: count('how many workers each of the two groups of Kafka Connect has', WORKERS),
  format: oneOf(
    'FORMAT',
    'how records are written (avro: with a schema registry; plain: JSON without schemas)',
    FORMATS,
  ),
} as const satisfies OptionTable;

/** A value of a short list, of which the first is the default. */
function oneOf(placeholder: string, help: string, values: readonly string[]): ValueOption<string> {
  return {
    kind: 'value',
    placeholder,
    help: `${help}: ${values.join(', ')}`,
    otherwise: values[0] ?? '',
    parse(text, option) {
      if (values.includes(text)) return text;
      throw badValue(option, values.join(' or '), text);
    },
  };
}

function count(help: string, values: readonly string[]): ValueOption<number> {
  const option = oneOf('N', help, values);
  return { ...option, parse: (text, name) => Number(option.parse(text, name)) };
}

/** The topology that was asked for; undefined where none was. */
export function topologyOf(options: Partial<OptionValues<typeof topologyOptions>>): Topology | undefined {
  const asked = (['runtime', 'brokers', 'workers', 'format'] as const).flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]]],
  );
  return asked.length === 0 ? undefined : (Object.fromEntries(asked) as Topology);
}

/** The options that ask for a topology, as they are typed. */
export function topologyWords(topology: Topology = {}): string[] {
  return Object.entries(topology).flatMap(([name, value]) =>
    Object.hasOwn(topologyOptions, name) ? [`--${name}`, String(value)] : [],
  );
}

/** What of a topology is a cluster, as it stands at the end of a sentence; empty where nothing is. */
export function clusterWords({ brokers = 1, workers = 1 }: Topology = {}): string {
  if (brokers === 1 && workers === 1) return '';
  return `, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}, ${workers} ${workers === 1 ? 'worker' : 'workers'} in each group`;
}
