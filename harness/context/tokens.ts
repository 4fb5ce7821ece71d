/** Which tokens are counted. */
export const ENCODING = 'o200k_base';

/** How many tokens a text is. */
export type CountTokens = (text: string) => number;

/** Loads the tokenizer, whose tables take half a second and 60 MB: only where a bundle is made. */
export async function openTokenizer(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  // What looks like a special token is text here: logs hold what anybody wrote.
  return (text) => countTokens(text, { disallowedSpecial: new Set() });
}
