import { expect, test } from 'vitest';
import { narrator } from './reconcile-progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { out: { isTTY, columns: 100, write: (text: string) => written.push(text) }, written };
}

const AT = { table: 'invoices', phase: 'comparing', done: 1, total: 4, rows: 1000, differing: 2 } as const;

test('on a terminal a bar shows how far the table is, stays below log lines and is kept when the table is done', () => {
  const { out, written } = screen(true);
  const say = narrator(out, 'info');
  say.progress(AT);
  say.log('info', 'a word');
  say.progress({ ...AT, phase: 'done', done: 4, rows: 4000 });
  expect(written[0]).toBe('invoices [######------------------]  25 %  1000 rows, 2 differ');
  expect(written.slice(1, 4)).toEqual(['\r\x1b[K', expect.stringMatching(/INFO {4}a word\n$/), written[0]]);
  expect(written.slice(4)).toEqual(['\r\x1b[K', 'invoices [########################] 100 %  4000 rows, 2 differ\n']);
});

test('elsewhere there are only log lines, of the level asked for', () => {
  const { out, written } = screen(false);
  const say = narrator(out, 'warning');
  say.progress(AT);
  say.log('info', 'quiet');
  say.log('error', 'loud');
  expect(written).toEqual([expect.stringMatching(/ERROR {3}loud\n$/)]);
});
