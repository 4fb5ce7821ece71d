import { expect, test } from 'vitest';
import { recorded } from '#testing/asked.ts';
import { publicationsOf } from './publications.ts';

test('a table’s publications, in the order of their names', async () => {
  const { database, asked } = recorded([{ pubname: 'a' }, { pubname: 'b' }]);
  expect(await publicationsOf(database, 'orders')).toEqual(['a', 'b']);
  expect(asked).toEqual([
    ['SELECT DISTINCT pubname FROM pg_publication_tables WHERE tablename = $1 ORDER BY pubname', ['orders']],
  ]);
});
