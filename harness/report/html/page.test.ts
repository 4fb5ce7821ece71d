import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import {
  allSkippedHistory,
  canonicalHistory,
  failingHistory,
  skippingHistory,
  toothlessHistory,
} from '#testing/canonical-history.ts';
import { buildReport } from '../build.ts';
import { decodeEvent, encodeEvent } from '../history.ts';
import { anchor, markup } from './markup.ts';
import { html } from './page.ts';

const pageOf = (events: readonly RunEvent[]) => html(buildReport(events));

/** HTML's elements that have no end; SVG's close themselves. */
const VOID = new Set(['meta', 'br']);

/** Asserts that every element is closed in order and every attribute quoted; gives all ids and all links to them. */
function parse(page: string): { readonly ids: string[]; readonly links: string[]; readonly tags: Set<string> } {
  const open: string[] = [];
  const ids: string[] = [];
  const links: string[] = [];
  const tags = new Set<string>();
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '');
  let end = 0;
  for (const match of body.matchAll(/<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g)) {
    expect(body.slice(end, match.index), 'text between tags').not.toMatch(/[<>]/);
    end = match.index + match[0].length;
    const [, closing, tag = '', attributes = '', empty] = match;
    if (closing === '/') expect(open.pop()).toBe(tag);
    else if (!VOID.has(tag) && empty === '') open.push(tag);
    tags.add(tag);
    for (const [, id = ''] of attributes.matchAll(/ id="([^"]*)"/g)) ids.push(id);
    for (const [, link = ''] of attributes.matchAll(/ href="(#[^"]*)"/g)) links.push(link);
  }
  expect(open).toEqual([]);
  expect(body.slice(end).trim()).toBe('');
  return { ids, links, tags };
}

test.each([
  ['as expected', canonicalHistory()],
  ['that failed', failingHistory()],
  ['whose fault did not bite', toothlessHistory()],
  ['that was killed', canonicalHistory({ until: (event) => !(event.type === 'fault' && event.step === 'retention') })],
  ['that skipped modes', skippingHistory()],
  ['that skipped every mode', allSkippedHistory()],
  ['that never came to a mode', canonicalHistory({ until: (event) => event.type !== 'stack-ready' })],
])('the page of a run %s is well-formed, and each link in it leads somewhere', (_, events) => {
  const { ids, links } = parse(pageOf(events));
  expect(new Set(ids).size).toBe(ids.length);
  for (const link of links) expect(ids.map((id) => `#${id}`)).toContain(link);
});

test('the page loads nothing and runs nothing', () => {
  const page = pageOf(canonicalHistory());
  const { tags } = parse(page);
  for (const tag of ['script', 'link', 'img', 'iframe', 'object']) expect(tags).not.toContain(tag);
  // Pages of the documentation are led to, and nothing of them is loaded.
  expect(page.replaceAll(/<a class="docs" href="https:[^"]*"/g, '')).not.toMatch(/https?:|url\(|@import|\bon[a-z]+="/);
  expect(page).toContain("default-src 'none'");
});

test('whatever texts a run holds, none becomes an element or leaves its attribute', () => {
  const evil = `"><script>alert(1)</script><b x='`;
  const events = failingHistory().map((event) =>
    decodeEvent(
      encodeEvent(event)
        // Titles, evidence, details, causes, values, tables, and the name of a variant, which becomes an id.
        .replace(/"(text|title|story|summary|detail|says|code|status|table|note|kind|reason)":"[^"]*"/g, (all, name) =>
          name === 'kind' && /"(converges|shows|final|baseline)"/.test(all) ? all : `"${name}":${JSON.stringify(evil)}`,
        )
        .replaceAll('"dedup"', JSON.stringify(evil)),
    ),
  );
  const page = pageOf(events);
  expect(parse(page).tags).not.toContain('script');
  expect(page).toContain('&lt;script&gt;alert(1)');
});

test('a variant that failed is open with both rows, and what differs has a sign and a word', () => {
  const page = pageOf(failingHistory());
  expect(page).toContain('<details open><summary>dedup: lost 1, stale 3, not as expected</summary>');
  expect(page).toContain('<details><summary>insert: duplicate 398, as expected</summary>');
  expect(page).toMatch(
    /<tr class="differs"><td><span aria-hidden="true">≠<\/span><span class="visually-hidden">differs/,
  );
  expect(page).toContain('the sink has no such row');
});

test('each fault is marked in the chart of its mode, also one that was never healed', () => {
  const page = pageOf(canonicalHistory({ until: (event) => !(event.type === 'fault' && event.state === 'healed') }));
  expect(page.match(/class="band"/g)).toHaveLength(1);
  expect(page).toContain('Fault kill-connect (kill) from');
  expect(page).toContain('never healed');
  expect(pageOf(canonicalHistory()).match(/class="band"/g)).toHaveLength(7);
});

test('a template escapes what it is given and keeps what is markup', () => {
  expect(markup`<p title="${'"&'}">${['<', markup`<b>${1}</b>`, undefined, false]}</p>`.html).toBe(
    '<p title="&quot;&amp;">&lt;<b>1</b></p>',
  );
});

test('different names have different anchors, and none breaks out of its attribute', () => {
  expect(anchor('mode', 'a b')).not.toBe(anchor('mode', 'a.b'));
  expect(anchor('mode', 'a.b')).not.toBe(anchor('mode', 'a', 'b'));
  expect(anchor('mode', '"><b>')).toMatch(/^[\w.-]+$/);
});

test('what acts on a reader instead of being shown is spelled out', () => {
  expect(markup`<p>${'a\u0000b\u001b[31mc\u202ed\ne'}</p>`.html).toBe('<p>a\\u0000b\\u001b[31mc\\u202ed\ne</p>');
});
