import type { Topology } from '#model/stack.ts';
import { badValue, type OptionTable, type OptionValues, type ValueOption } from './arguments.ts';

/** As the table of runtimes has them. */
const RUNTIMES: readonly string[] = ['embedded'];

/** What a stack is made of, for every command that starts one. */
export const topologyOptions = {
  runtime: oneOf('RUNTIME', 'what the servers run as', RUNTIMES),
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

/** The topology that was asked for; undefined where none was. */
export function topologyOf({ runtime }: Partial<OptionValues<typeof topologyOptions>>): Topology | undefined {
  const asked = { ...(runtime === undefined ? {} : { runtime }) };
  return Object.keys(asked).length === 0 ? undefined : asked;
}

/** The options that ask for a topology, as they are typed. */
export function topologyWords(topology: Topology = {}): string[] {
  return Object.entries(topology).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
