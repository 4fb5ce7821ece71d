import { expect, test } from 'vitest';
import { shortenedList } from './shortened-list.ts';

const entry = (key: string) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`;

test('entries are left out by their keys as they are, and are not counted', () => {
  const page = `<R><KeyCount>3</KeyCount>${entry('a&amp;b')}${entry('c+1')}${entry('&#x64;&#101;')}</R>`;
  expect(shortenedList(page, (key) => key === 'a&b' || key === 'de')).toEqual({
    ...{ xml: `<R><KeyCount>1</KeyCount>${entry('c+1')}</R>`, left: 2 },
  });
  expect(shortenedList(page, () => false)).toEqual({ xml: page, left: 0 });
});
