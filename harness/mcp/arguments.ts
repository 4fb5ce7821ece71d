import { Ajv, type ErrorObject } from 'ajv';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import type { Tool } from './tool.ts';

const ajv = new Ajv({ strict: false, allErrors: false });

/** Throws an OperatorError (`wrong-argument`) for the first argument that a tool does not take, or not so. */
export function checkArguments({ name, args }: Pick<Tool, 'name' | 'args'>, given: unknown): void {
  const check = ajv.compile(args);
  if (check(given)) return;
  const [error] = check.errors ?? [];
  if (error !== undefined) throw wrong(name, Object.keys(args.properties), error, given);
}

function wrong(tool: string, names: readonly string[], error: ErrorObject, given: unknown): OperatorError {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  const of = `${tool} takes ${names.length === 0 ? 'no arguments' : names.join(', ')}`;
  const at = path === '' ? 'the arguments' : path;
  const said = { code: 'wrong-argument', message: `${tool}: ${at} ${error.message ?? 'cannot be so'}` };
  if (error.keyword === 'additionalProperties') {
    const extra = String(error.params.additionalProperty);
    const near = nearest(extra, names);
    const hint = near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` };
    return new OperatorError({
      ...said,
      message: `${tool} has no argument ${extra}`,
      expected: of,
      found: extra,
      ...hint,
    });
  }
  if (error.keyword === 'required')
    return new OperatorError({
      ...said,
      expected: String(error.params.missingProperty),
      found: 'it is missing',
      hint: of,
    });
  const allowed =
    error.keyword === 'enum' ? `one of ${(error.params.allowedValues as unknown[]).join(', ')}` : undefined;
  const value = path.split('.').reduce<unknown>((in_, part) => (in_ as Record<string, unknown>)?.[part], given);
  return new OperatorError({
    ...said,
    expected: allowed ?? error.message ?? of,
    found: JSON.stringify(value) ?? 'nothing',
  });
}
