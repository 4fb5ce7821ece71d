import { expect, test } from 'vitest';
import { canonicalHistory, failingHistory, toothlessHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { decodeEvent, encodeEvent } from './history.ts';
import { markdown, mostTelling } from './markdown.ts';

test('the first lines say the verdict, and a failed run how to repeat it', () => {
  const text = markdown(buildReport(failingHistory()));
  expect(text.split('\n')[0]).toBe('# FAIL: The canonical reference: five failure modes');
  expect(text.indexOf('--seed 7')).toBeLessThan(text.indexOf('## What each variant showed'));
});

test('the report names what ran, as the servers said it', () => {
  expect(markdown(buildReport(failingHistory()))).toContain(
    'Node.js 24.21.0, PostgreSQL 18.4, Kafka 4.1.0, Debezium 3.5.0.Final, Java 21.0.8',
  );
});

test('the matrix has a line for each step with what was expected and seen', () => {
  const text = markdown(buildReport(failingHistory()));
  const line = text.split('\n').find((one) => one.startsWith('| **restart**'));
  expect(line).toContain('✅ duplicate 398<br><sub>expected: duplicate</sub>');
  expect(line).toContain('❌ lost 1, stale 3<br><sub>expected: converges</sub>');
});

test('every row of every table has as many cells as its header', () => {
  const text = markdown(buildReport(hostile()));
  const tables = text.split('\n\n').filter((block) => block.startsWith('| '));
  expect(tables).toHaveLength(4);
  for (const table of tables) {
    const widths = table.split('\n').map((line) => line.split('|').length);
    expect(new Set(widths).size, table).toBe(1);
  }
});

test('values from the database are neither HTML nor Markdown', () => {
  const text = markdown(buildReport(hostile()));
  expect(text.replaceAll(/`[^`\n]*`/g, '')).not.toContain('<script');
  expect(text).not.toContain('\n# injected');
});

/** A failing run whose values and details try to break out of wherever they are put. */
function hostile() {
  const evil = '|`x``|<script>alert(1)</script>\\n\\n# injected';
  return failingHistory().map((event) =>
    decodeEvent(
      encodeEvent(event)
        .replaceAll('leave <b>at the door</b> & ring', evil)
        .replaceAll('The row is at', `an <script>${evil}`),
    ),
  );
}

test('a variant that failed shows both rows with what differs marked, and what to do; one as expected is folded away', () => {
  const text = markdown(buildReport(failingHistory()));
  const open = text.slice(text.indexOf('## Not as expected'), text.indexOf('## Did the faults take effect'));
  expect(open).toContain('### ❌ restart, `dedup`');
  expect(open).not.toContain('`insert`');
  const folded = text.slice(text.indexOf('<details>'));
  expect(folded).toContain('### ✅ restart, `insert`');
  expect(open).toContain('**Why:** Rows that a job had read earlier were written over newer ones.');
  expect(open).toContain('([`writes-not-guarded`](https://debezium.io/');
  expect(open).toContain("- **to fix it:** write only where the LSN is higher than the row's");
});

test('columns that differ are marked by a sign', () => {
  const text = markdown(buildReport(canonicalHistory()));
  expect(text).toContain('| ≠ | **`status`** | `shipped` | `new` |');
});

test('a fault that did not bite is said in the matrix and in the evidence', () => {
  const text = markdown(buildReport(toothlessHistory()));
  expect(text).toContain('⚠️ the fault had no effect');
  expect(text).toContain('| `kill-connect` | ❌ no |');
  expect(text).not.toContain('✅ converged');
});

test('of several examples the one with values that differ is shown, and a stall before all', () => {
  const extra = { anomaly: 'extra-column', detail: 'one more' } as const;
  const lost = { anomaly: 'lost', detail: 'gone', source: { id: '1' }, sink: [] } as const;
  const stale = {
    anomaly: 'stale',
    detail: 'old',
    source: { v: '2' },
    sink: [{ v: '1' }],
    differs: [{ column: 'v', source: '2', sink: '1' }],
  } as const;
  const stalled = { anomaly: 'stalled', detail: 'stands' } as const;
  expect(mostTelling([extra, lost, stale])).toBe(stale);
  expect(mostTelling([extra, lost])).toBe(lost);
  expect(mostTelling([extra])).toBe(extra);
  expect(mostTelling([stale, stalled])).toBe(stalled);
  expect(mostTelling([])).toBeUndefined();
});
