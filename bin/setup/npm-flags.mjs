// npm keeps flags for itself that stand before a `--`. Node 20, no dependency.

// Our options that a person may write without the `--`.
const WITH_VALUE = ['seed', 'rate', 'hold', 'only', 'variants', 'runtime', 'project'];
const PLAIN = ['list', 'debug', 'keep', 'verify'];

/**
 * The flags of ours that npm took: it hands on what it took as npm_config_…. It does not hand on an option that it knows
 * itself with a value that it thinks wrong (--only restart); of that it warns in its own words.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function swallowedFlags(env) {
  if (!env.npm_lifecycle_event) return [];
  return [...WITH_VALUE, ...PLAIN].filter((name) => env[`npm_config_${name}`] !== undefined);
}

/**
 * What to write instead. A flag without a value is taken as meant; for the others the values are lost or stand among the
 * plain words, so the person has to say it again.
 * @param {string} script
 * @param {readonly string[]} words
 * @param {readonly string[]} flags
 */
export function adviceFor(script, words, flags) {
  const shown = flags.map((name) => (takesValue(name) ? `--${name} …` : `--${name}`)).join(' ');
  return `npm run ${script} -- ${[...words, shown].join(' ')}`.replace('npm run test', 'npm test');
}

/**
 * @param {string} name
 */
export function takesValue(name) {
  return WITH_VALUE.includes(name);
}
