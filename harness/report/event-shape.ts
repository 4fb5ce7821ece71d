import type { RunEvent } from '#model/run-event.ts';

type Kind = 'text' | 'number' | 'list' | 'record';

/** What the report takes for granted of each event, besides its `at` and `type`. Events of other types are passed over. */
const SHAPES: Readonly<Record<RunEvent['type'], Readonly<Record<string, Kind>>>> = {
  'run-started': {
    ...{ run: 'text', scenario: 'text', title: 'text', seed: 'number', rate: 'number', holdMs: 'number' },
    ...{ variants: 'list', modes: 'list', versions: 'record' },
  },
  node: { node: 'text', state: 'text' },
  'stack-ready': { tookMs: 'number' },
  'mode-started': { mode: 'text', title: 'text', variants: 'list' },
  'mode-skipped': { mode: 'text', why: 'text' },
  'step-skipped': { mode: 'text', step: 'text', why: 'text' },
  phase: { mode: 'text', phase: 'text', text: 'text' },
  wait: { what: 'text', waitedMs: 'number', limitMs: 'number' },
  sample: { mode: 'text', transactionsPerSecond: 'number', committed: 'number', lag: 'record' },
  check: { mode: 'text', kind: 'text', tookMs: 'number', variants: 'list' },
  fault: { mode: 'text', step: 'text', kind: 'text', state: 'text' },
  subject: { replaced: 'list', unchecked: 'list' },
  'source-log': { mode: 'text', slots: 'list', writtenBytes: 'number', unbounded: 'list' },
  'writes-refused': { mode: 'text', refused: 'list' },
  circumstances: { mode: 'text', step: 'text', shared: 'record', variants: 'record' },
  'step-judged': { result: 'record' },
  'mode-ended': { mode: 'text', verdict: 'text', durationMs: 'number' },
  note: { level: 'text', text: 'text' },
  'run-ended': { verdict: 'text', exit: 'number', durationMs: 'number' },
};

/** What is wrong with a value that was read as an event, in a sentence; undefined where nothing is. */
export function eventProblem(value: unknown): string | undefined {
  if (!isKind(value, 'record')) return `${shown(value)} is no object`;
  const event = value as Readonly<Record<string, unknown>>;
  const { type, at } = event;
  if (typeof type !== 'string') return `"type" is ${shown(type)}, not the name of an event`;
  if (typeof at !== 'number') return `"at" of the event ${type} is ${shown(at)}, not a time`;
  const shape = Object.hasOwn(SHAPES, type) ? SHAPES[type as RunEvent['type']] : {};
  const wrong = Object.entries(shape).find(([name, kind]) => !isKind(event[name], kind));
  return wrong && `"${wrong[0]}" of the event ${type} is ${shown(event[wrong[0]])}, not a ${wrong[1]}`;
}

function isKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'list':
      return Array.isArray(value);
    case 'record':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 40) ?? typeof value);
}
