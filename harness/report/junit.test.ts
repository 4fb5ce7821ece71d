import { expect, test } from 'vitest';
import { canonicalHistory, failingHistory, toothlessHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { escapeXml, junitXml } from './junit.ts';

/** Enough of an XML parser to see that every element that is opened is closed, in order. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const body = xml.replace(/^<\?xml [^?]*\?>\s*/, '');
  let end = 0;
  for (const match of body.matchAll(/<(\/?)([a-z-]+)((?: [a-z_]+="[^"<]*")*)(\/?)>/g)) {
    expect(body.slice(end, match.index), 'text between tags').not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
    end = match.index + match[0].length;
    const [, closing, name = '', , empty] = match;
    if (closing === '/') expect(open.pop()).toBe(name);
    else seen.push(name);
    if (closing === '' && empty === '') open.push(name);
  }
  expect(open).toEqual([]);
  expect(body.slice(end).trim()).toBe('');
  return seen;
}

test('a suite for each mode, a case for each step and variant, all well-formed', () => {
  const xml = junitXml(buildReport(canonicalHistory()));
  const elements = elementsOf(xml);
  expect(elements.filter((name) => name === 'testsuite')).toHaveLength(5);
  expect(elements.filter((name) => name === 'testcase')).toHaveLength(4 + 8 + 6 + 4 + 8);
  expect(xml).toContain('tests="30" failures="0" errors="0" skipped="0"');
});

test('a variant that did not show what it should is a failure with what was seen, and counted', () => {
  const xml = junitXml(buildReport(failingHistory()));
  elementsOf(xml);
  expect(xml).toContain('<failure type="not-as-expected" message="expected converges, seen lost 1, stale 3">');
  expect(xml).toContain('<testsuite name="restart" tests="4" failures="1" errors="0"');
  expect(xml).toContain('leave &lt;b&gt;at the door&lt;/b&gt; &amp; ring');
});

test('a fault that did not bite makes an error of every case of its step', () => {
  const xml = junitXml(buildReport(toothlessHistory()));
  expect(elementsOf(xml).filter((name) => name === 'error')).toHaveLength(4);
  expect(xml).toContain('tests="4" failures="0" errors="4"');
});

test('what was not run is skipped, what was cut short is an error', () => {
  const until = canonicalHistory({ until: (event) => !(event.type === 'fault' && event.step === 'retention') });
  const elements = elementsOf(junitXml(buildReport(until)));
  expect(elements.filter((name) => name === 'error')).toHaveLength(4);
  expect(elements.filter((name) => name === 'skipped')).toHaveLength(4 * 4);
});

test('text that XML cannot carry is replaced, all other text is kept', () => {
  expect(escapeXml('a\u0000b\u001bc\ud800d')).toBe('a\ufffdb\ufffdc\ufffdd');
  expect(escapeXml('tab\t "q" \'a\' <&> 😀')).toBe('tab\t &quot;q&quot; &#39;a&#39; &lt;&amp;&gt; 😀');
});
