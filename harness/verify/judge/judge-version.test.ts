import { expect, test } from 'vitest';
import type { VersionObservation } from '#model/observation.ts';
import { openFactJudge } from './judge-facts.ts';

const event = { topic: 't', partition: 0, offset: 7n, op: 'update' };

function found(state: VersionObservation) {
  const judge = openFactJudge('raw');
  judge.take({ type: 'version', table: 'public.a', key: '["1"]', state });
  judge.take({ type: 'rows', table: 'public.a', sourceRows: 100, sinkRows: 100 });
  judge.take({ type: 'end', lag: { records: 0, ms: 0 } });
  const { verdict, counts, findings } = judge.verdict();
  return { verdict, counts, hop: findings[0]?.hop, detail: findings[0]?.detail };
}

test('a change that is there again is a duplicate, and no mere warning', () => {
  expect(found({ wrong: 'repeated', event, copies: 2, objects: ['a', 'b'] })).toEqual({
    ...{ verdict: 'FAIL', counts: { duplicate: 1 }, hop: 'log-to-sink' },
    detail: 'the change t/0 at offset 7 is in the objects 2 times: a, b.',
  });
});

test('one behind a newer one is reordered, one in no object is lost', () => {
  expect(found({ wrong: 'behind', event, newer: { ...event, offset: 9n }, objects: ['a'] })).toMatchObject({
    ...{ verdict: 'FAIL', counts: { reordered: 1 } },
    detail: 'the change t/0 at offset 7 comes behind a newer one of the same row, t/0 at offset 9: a.',
  });
  expect(found({ wrong: 'missing', event })).toMatchObject({ verdict: 'FAIL', counts: { lost: 1 } });
});
