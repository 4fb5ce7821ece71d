import { expect, test } from 'vitest';
import { type Answer, TOKENS_MAX, written } from './answer.ts';

function list(items: readonly unknown[]): Answer {
  return { facts: { of_all: true }, list: { name: 'items', items } };
}

test('items come once each over the pages, and no page is larger than was said', () => {
  const items = Array.from({ length: 700 }, (_, index) => ({ index, text: 'é'.repeat(index % 90) }));
  const seen: unknown[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const text = written(list(items), cursor);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(TOKENS_MAX);
    const page = JSON.parse(text) as { items: unknown[]; next_cursor?: string };
    seen.push(...page.items);
    cursor = page.next_cursor;
    pages += 1;
  } while (cursor !== undefined);
  expect(seen).toEqual(items);
  expect(pages).toBeGreaterThan(5);
});

test('what fits is answered whole, without a cursor', () => {
  expect(JSON.parse(written(list([1, 2]), undefined))).toEqual({ of_all: true, items: [1, 2] });
  expect(JSON.parse(written(list([]), undefined))).toEqual({ of_all: true, items: [] });
});

test('an item that is larger than a page has its texts cut, and says how long they were', () => {
  const text = written(list([{ trace: 'x'.repeat(20_000) }, 'next']), undefined);
  expect(JSON.parse(text)).toMatchObject({
    items: [{ trace: expect.stringMatching(/^x{4000}… \(20000 characters\)$/) }, 'next'],
  });
});

test('what cannot be cut short enough is an error, not a larger answer', () => {
  const facts = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`name${index}`, index]));
  expect(() => written({ facts }, undefined)).toThrow('too large');
});

test('no secret is shown, however it came into the answer', () => {
  expect(written({ facts: { url: 'postgres://app:pa55w0rd!@db' } }, undefined, ['pa55w0rd!'])).not.toContain(
    'pa55w0rd',
  );
});

test('a cursor of another answer is refused', () => {
  expect(() => written(list([1]), 'zzz')).toThrow('the cursor is none');
  expect(() => written({ facts: {} }, Buffer.from('item 1').toString('base64url'))).toThrow('the cursor is none');
});
