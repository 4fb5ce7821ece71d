/**
 * Collects what a comparison of every row of every sink has left, and gives the pages back. V8 does that by itself once a
 * process has little to do, which a lab never has: until then it keeps the most that any comparison has taken. Does
 * nothing where V8 does not let us (`--expose-gc`).
 */
export function collectGarbage(): void {
  void globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
}
