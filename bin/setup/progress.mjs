// One line for each step of the set-up, on standard error. Node 20, no dependency.

/**
 * Says what is being done while it is done, and how long it took. On a terminal the line is rewritten in place;
 * elsewhere (a CI's log) a line when it begins and one when it ends.
 * @template T
 * @param {string} what
 * @param {(progress: (text: string) => void) => Promise<T>} work may return a remark for the line's end
 * @param {{ write(text: string): unknown, isTTY?: boolean }} [out]
 * @returns {Promise<T>}
 */
export async function step(what, work, out = process.stderr) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  let now = '';
  /** @param {string} text */
  const show = (text) => out.write(out.isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
  const working = () => show(`set-up: ${what} …${now === '' ? '' : ` ${now},`} ${seconds()}`);
  working();
  const timer = setInterval(() => out.isTTY && working(), 250);
  try {
    const remark = await work((text) => {
      now = text;
    });
    show(`set-up: ${what}: ${typeof remark === 'string' ? remark : `done in ${seconds()}`}`);
    return remark;
  } catch (error) {
    show(`set-up: ${what}: failed after ${seconds()}`);
    throw error;
  } finally {
    clearInterval(timer);
    if (out.isTTY) out.write('\n');
  }
}
