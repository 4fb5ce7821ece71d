import { optional, type Said, shape, text, whole } from './schema.ts';

/** An error over HTTP: `application/problem+json` (RFC 9457). */
export const problemShape = shape({
  type: text('a URN whose last part is the stable code'),
  title: text(),
  status: whole(),
  detail: text(),
  hint: optional(text('what to do')),
});

export type Problem = Said<typeof problemShape>;
