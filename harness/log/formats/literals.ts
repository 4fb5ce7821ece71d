import { Literal } from '../wire.ts';

export type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Keeps every number as the text that it is on the wire. */
export const literally: Reviver = (_key, value, context) =>
  typeof value === 'number' ? new Literal(context?.source ?? String(value)) : value;

/** Keeps the integers that JSON.parse rounds. */
export const largeLiterally: Reviver = (key, value, context) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? literally(key, value, context) : value;
