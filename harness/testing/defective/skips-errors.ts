import type { Defect } from './plain-applier.ts';

/** `catch {}` around the statement. */
export function skipsErrors(): Defect {
  return { skipsErrors: true };
}
