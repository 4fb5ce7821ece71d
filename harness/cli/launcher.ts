/**
 * The launcher (bin/driftlab.mjs) holds a channel to this process on which nothing is ever sent. It closes when the
 * launcher is gone, by SIGKILL at worst; then this process ends in its orderly way, as if it had been told to.
 */
export function endWithLauncher(): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening keeps the channel open and the process alive; the channel alone must not.
  process.channel.unref();
}

/**
 * What follows the program's name. Arguments that may hold a password the launcher hands over in the environment, from
 * which they are taken, so that nothing that is started from here inherits them.
 */
export function givenArguments(): readonly string[] {
  const given = process.argv.slice(2);
  const handed = process.env.DRIFTLAB_ARGUMENTS;
  delete process.env.DRIFTLAB_ARGUMENTS;
  return handed === undefined ? given : [...given, ...(JSON.parse(handed) as string[])];
}
