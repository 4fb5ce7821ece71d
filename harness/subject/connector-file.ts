import { messageOf, OperatorError } from '#std/errors.ts';

/**
 * A connector's configuration as it is deployed, in either of Connect's shapes: `{"name": …, "config": {…}}`, as it is
 * posted, or the properties alone, as they are put. Values become text, as Connect itself reads them.
 */
export function readConnector(
  text: string,
  named: string,
  at: string,
): { name?: string; config: Record<string, string> } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OperatorError({
      code: 'connector-file',
      message: `${at}: ${named} is no JSON`,
      found: messageOf(cause),
      hint: 'the file is what is posted to Connect: {"name": …, "config": {…}}, or the properties alone',
      cause,
    });
  }
  const outer = isObject(parsed) ? parsed : {};
  const inner = isObject(outer.config) ? outer.config : outer;
  const config = Object.fromEntries(
    Object.entries(inner)
      .filter(([, value]) => value !== null && typeof value !== 'object')
      .map(([property, value]) => [property, String(value)]),
  );
  const { name: own, ...rest } = config;
  if (rest['connector.class'] === undefined)
    throw new OperatorError({
      code: 'connector-file',
      message: `${at}: ${named} is no connector's configuration`,
      expected: 'a JSON object with connector.class',
      found: Object.keys(inner).slice(0, 8).join(', ') || 'no properties',
    });
  const name = typeof outer.name === 'string' ? outer.name : own;
  return { ...(name === undefined ? {} : { name }), config: rest };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
