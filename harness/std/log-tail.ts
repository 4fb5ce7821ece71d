import { readFileSync } from 'node:fs';

/** The last lines of a log, from byte `from` on; empty where there is no such file. */
export function logTail(file: string, lines = 20, from = 0): string {
  let text: string;
  try {
    text = readFileSync(file).subarray(from).toString('utf8');
  } catch {
    return '';
  }
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
