import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { plain } from '#report/text.ts';
import { failingHistory } from '#testing/canonical-history.ts';
import { liveView } from './live.ts';

/** A terminal of 80 × 24 that keeps what is written to it. */
class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  written = '';

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written += chunk.toString();
    done();
  }
}

test('the live view draws in place, and leaves the finished steps and a visible cursor', async () => {
  const terminal = new Terminal();
  const view = liveView(terminal as unknown as NodeJS.WriteStream, plain);
  for (const event of failingHistory()) view.show(event);
  view.say('a last word');
  await view.close();
  await view.close();
  const { written } = terminal;
  expect(written).toContain('✗ dedup          expected converges; seen lost 1, stale 3');
  expect(written).toContain('a last word');
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
  // After the last erasure nothing is left standing that belongs to a run which goes on.
  expect(written.slice(written.lastIndexOf('\u001b[2K'))).not.toContain('Ctrl-C');
});

test('a run that ended without a word leaves no last frame standing either', async () => {
  const terminal = new Terminal();
  const view = liveView(terminal as unknown as NodeJS.WriteStream, plain);
  for (const event of failingHistory().filter(({ type }) => type !== 'run-ended')) view.show(event);
  await view.close();
  const { written } = terminal;
  expect(written).toContain('Ctrl-C');
  expect(written.slice(written.lastIndexOf('\u001b[2K'))).not.toContain('Ctrl-C');
});
