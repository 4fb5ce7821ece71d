import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scenario } from '#model/scenario.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

const EXPECTED = "one scenario, made with defineScenario from 'driftlab'";

/** Whether a word means a file with a scenario of the user's own, and not one of ours by name. */
export function isScenarioFile(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

/**
 * The scenario that a module exports, as its default or as the only one. Throws an OperatorError (`scenario-file`) for a
 * file that is not there, that cannot be loaded, or that exports none or several.
 */
export async function loadScenarioFile(name: string, cwd: string): Promise<Scenario> {
  const path = resolve(cwd, name);
  if (!existsSync(path)) throw wrong(`there is no file ${name}`, { found: `nothing at ${path}` });
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw wrong(`${name} cannot be loaded`, { found: messageOf(cause), cause });
  }
  if (isScenario(module.default)) return module.default;
  const found = Object.entries(module).filter((entry): entry is [string, Scenario] => isScenario(entry[1]));
  const [only, ...others] = found;
  if (only === undefined) {
    const names = Object.keys(module);
    throw wrong(`${name} exports no scenario`, { found: names.length === 0 ? 'no exports' : names.join(', ') });
  }
  if (others.length > 0)
    throw wrong(`${name} exports several scenarios`, {
      found: found.map(([exported]) => exported).join(', '),
      hint: 'export the one that is meant as default',
    });
  return only[1];
}

/** Enough to tell a scenario from whatever else a module exports; the compiler checks the rest for those who want it. */
function isScenario(value: unknown): value is Scenario {
  if (typeof value !== 'object' || value === null) return false;
  const { id, workload, variants, modes } = value as Partial<Record<keyof Scenario, unknown>>;
  return typeof id === 'string' && isObject(workload) && isObject(variants) && Array.isArray(modes) && modes.length > 0;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function wrong(message: string, details: { found: string; hint?: string; cause?: unknown }): OperatorError {
  return new OperatorError({ code: 'scenario-file', message, expected: EXPECTED, ...details });
}
