import { commaList } from './comma-list.ts';

/** Whether an entry of a list of tables or columns names one, as Debezium reads it: a regular expression that must match it whole. */
export function matchesWhole(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, 'i').test(name);
  } catch {
    // What Java's expressions can and JavaScript's cannot.
    return false;
  }
}

/**
 * Why a Debezium connector of this configuration does not capture a table; undefined where it does. `level` says what
 * `schema` is to its engine: a `database`, where there are no schemas.
 */
export function whyLeftOut(
  config: Readonly<Record<string, string>>,
  { schema, name, level = 'schema' }: { readonly schema: string; readonly name: string; readonly level?: string },
): string | undefined {
  const lists = [
    [`${level}.include.list`, schema, true],
    [`${level}.exclude.list`, schema, false],
    ['table.include.list', `${schema}.${name}`, true],
    ['table.exclude.list', `${schema}.${name}`, false],
  ] as const;
  for (const [property, is, wanted] of lists) {
    const list = config[property];
    if (list !== undefined && list !== '' && commaList(list).some((one) => matchesWhole(one, is)) !== wanted)
      return `${property} ${wanted ? 'does not name' : 'names'} it`;
  }
  return undefined;
}
