/**
 * Options of Node.js under which a command runs.
 * @param {string} command
 * @returns {readonly string[]}
 */
export function nodeOptions(command) {
  // kafkajs asks for a timer of negative length, about which Node.js 24 would warn on every run.
  const options = ['--disable-warning=TimeoutNegativeWarning'];
  // Its rows pass through once: a small nursery keeps the process under 100 MB, and costs nothing that can be measured.
  if (command === 'reconcile') options.push('--optimize-for-size', '--max-semi-space-size=2');
  return options;
}
