import { beforeAll, expect, test } from 'vitest';
import type { ContextFacts } from '#model/context.ts';
import { labConnectors, labLags, labReport, settledFault } from '#testing/lab-answers.ts';
import { makeBundle, sectionsOf } from './bundle.ts';
import { type CountTokens, openTokenizer } from './tokens.ts';

let count: CountTokens;
beforeAll(async () => {
  count = await openTokenizer();
}, 60_000);

const report = labReport({ faults: [settledFault()] });
const tables = ['customers', 'orders'].map((name) => ({
  ...{ table: `public.${name}`, key: ['id'], before: ['id', 'name'] },
  columns: ['id', 'name', 'tier'].map((column) => ({ name: column, type: 'text', nullable: true })),
  sinks: { insert: ['id', 'name'], dedup: ['id', 'name', 'tier'] },
}));

function factsOf(mode: string, more: Partial<ContextFacts> = {}): ContextFacts {
  return {
    ...{ mode, title: 'a mode', story: 'What happens.', steps: [{ id: mode, title: 'its step' }] },
    ...{ report, lags: labLags(), connectors: labConnectors().connectors, decisions: [] },
    memory: { pipeline_state: report.pipeline_state, recovery_history: report.recovery_history },
    consuming: { insert: 'insert, schema evolve', dedup: 'dedup, schema evolve' },
    configs: {
      read: [
        {
          name: 'lab',
          config: { 'slot.name': 'lab', 'database.password': '(hidden)' },
          offsets: [{ partition: {}, offset: { lsn: 7 } }],
        },
      ],
    },
    tables: { read: tables },
    compatibility: { read: {} },
    dedup: {
      read: [
        {
          variant: 'dedup',
          topic: 'lab.public.orders',
          partition_id: '0',
          runs: '1',
          first_offset: '0',
          last_offset: '99',
        },
      ],
    },
    times: { refused: 'the sink does not answer' },
    events: Array.from({ length: 60 }, (_, at) => ({ at, text: `event ${at} `.repeat(20) })),
    errors: { connect: Array.from({ length: 200 }, (_, at) => `ERROR ${at} ${'the task failed '.repeat(10)}`) },
    ...more,
  };
}

const OWN: Readonly<Record<string, readonly RegExp[]>> = {
  restart: [/lab stored \{"partition":\{\},"offset":\{"lsn":7\}\}/, /slot\.name=lab/],
  lag: [/no loss/, /committed \d+, log \d+ to \d+/],
  schema: [/public\.customers: added since the start: tier/, /sink of insert: lacks tier/, /no schema registry/],
  duplicate: [/key \(id\)/, /dedup lab\.public\.orders\/0: 1 runs of offsets, 0 to 99/],
  backfill: [/not read: the sink does not answer/, /in the order of offsets, never of business time/],
};

test.each(Object.keys(OWN))('%s: its own facts come before what all modes need, and fit', (mode) => {
  for (const tokens of [1500, 8000, 32_000]) {
    const bundle = makeBundle(factsOf(mode), { tokens, count });
    expect([tokens, bundle.tokens <= tokens, bundle.tokens]).toEqual([tokens, true, count(bundle.text)]);
    for (const own of OWN[mode] ?? []) expect(bundle.text).toMatch(own);
  }
});

test('what does not fit is said, and how much of it', () => {
  const { sections, left_out, text } = makeBundle(factsOf('lag'), { tokens: 1500, count });
  const cut = sections.find(({ id }) => id === 'error-logs');
  expect(cut === undefined ? left_out : [cut.left_out > 100]).toEqual(
    cut === undefined ? expect.arrayContaining(['Error logs']) : [true],
  );
  expect(text).toMatch(/more lines: driftlab logs NAME|Left out, since it did not fit: .*Error logs/);
});

test('what is left of a small budget goes to what is most important', () => {
  const { tokens, sections } = makeBundle(factsOf('lag'), { tokens: 500, count });
  expect(tokens).toBeLessThanOrEqual(500);
  expect(sections[0]?.id).toBe('situation');
});

test('with room for all of it nothing is left out, and other modes come last', () => {
  const { sections, left_out } = makeBundle(factsOf('lag'), { tokens: 32_000, count });
  expect(left_out).toEqual([]);
  expect(sections.map(({ id }) => id).slice(0, 4)).toEqual(
    ['situation', 'decision', 'retention', 'group-metrics']
      .filter((id) => id !== 'decision')
      .concat('verification-report'),
  );
});

test('a mode without sections of its own gets those that all have', () => {
  expect(
    sectionsOf('broker')
      .slice(0, 4)
      .map(({ id }) => id),
  ).toEqual(['situation', 'decision', 'verification-report', 'recent-events']);
  expect(sectionsOf('toString').length).toBe(sectionsOf('broker').length);
});

test('text that looks like a special token is counted as what it is', () => {
  expect(count('<|endoftext|>')).toBeGreaterThan(1);
});
