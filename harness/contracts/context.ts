import { list, type Said, shape, text, time, whole } from './schema.ts';

const sectionShape = shape({
  id: text(),
  title: text(),
  why: text('why an agent must know it'),
  lines: list(text(), 'most important first'),
  left_out: whole('lines that did not fit'),
  more: text('the command that shows all of it'),
});

/** One part of a bundle. */
export type ContextSection = Said<typeof sectionShape>;

/** What an agent must know of a failure mode. `GET /api/v1/context/{mode}` */
export const bundleShape = shape({
  mode: text(),
  made_at: time(),
  encoding: text('which tokens are counted'),
  tokens_max: whole(),
  tokens: whole('those of text'),
  sections: list(sectionShape, 'most important first'),
  left_out: list(text(), 'titles of sections of which nothing fits'),
  text: text('the bundle as an agent reads it: Markdown'),
});

export type ContextBundle = Said<typeof bundleShape>;
