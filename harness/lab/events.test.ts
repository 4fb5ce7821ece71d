import { expect, test } from 'vitest';
import type { LabEvent } from '#model/lab.ts';
import { createEventHub } from './events.ts';

const note = (text: string): LabEvent => ({ at: 1, type: 'note', level: 'info', text });
const texts = (numbered: readonly { readonly event: LabEvent }[]): string[] =>
  numbered.map(({ event }) => (event.type === 'note' ? event.text : ''));

test('a reader that comes again gets what came after the event it names, and nothing twice', () => {
  const hub = createEventHub(7);
  for (const text of ['a', 'b', 'c']) hub.emit(note(text));
  const second = hub.since(undefined)[1];
  expect(texts(hub.since(second?.id))).toEqual(['c']);
  expect(hub.since(hub.since(undefined).at(-1)?.id)).toEqual([]);
});

test('of what it has forgotten it gives what it still has, and so it does to a reader of an earlier daemon', () => {
  const hub = createEventHub(7, 2);
  for (const text of ['a', 'b', 'c', 'd']) hub.emit(note(text));
  expect(texts(hub.since('7-1'))).toEqual(['c', 'd']);
  expect(texts(hub.since('6-3'))).toEqual(['c', 'd']);
  expect(texts(hub.since('nonsense'))).toEqual(['c', 'd']);
});

test('a listener hears what comes until it wants no more', () => {
  const hub = createEventHub(7);
  const heard: string[] = [];
  const stop = hub.listen(({ event }) => heard.push(...texts([{ event }])));
  hub.emit(note('a'));
  stop();
  hub.emit(note('b'));
  expect(heard).toEqual(['a']);
  expect(hub.listeners).toBe(0);
});
