import { expect, test } from 'vitest';
import type { CauseEntry } from './entry.ts';
import { causesPage } from './page.ts';

const entry = (more: Partial<CauseEntry>): CauseEntry => ({
  ...{ code: 'c', title: 'A sentence.', anomalies: ['lost'], docs: 'https://example.org' },
  ...more,
  find: () => undefined,
});

test('a row says what a cause explains and where its messages were seen; a bar in a title ends no cell', () => {
  const rows = causesPage([
    entry({ code: 'piped', title: 'Either a|b or |.', anomalies: ['lost', 'stale'] }),
    entry({ warns: true, anomalies: [], seenOn: 'PostgreSQL 18.4' }),
    entry({ seenOn: 'Kafka 4.3.1', reported: 'Aiven JDBC' }),
    entry({ reported: 'Aiven JDBC' }),
  ]).split('\n');
  expect(rows.slice(-7)).toEqual([
    '| Code                           | What it is         | Explains    | Seen on                                 |',
    '| ------------------------------ | ------------------ | ----------- | --------------------------------------- |',
    '| [`piped`](https://example.org) | Either a\\|b or \\|. | lost, stale | –                                       |',
    '| [`c`](https://example.org)     | A sentence.        | warns       | PostgreSQL 18.4                         |',
    '| [`c`](https://example.org)     | A sentence.        | lost        | Kafka 4.3.1; public reports: Aiven JDBC |',
    '| [`c`](https://example.org)     | A sentence.        | lost        | public reports: Aiven JDBC              |',
    '',
  ]);
});
