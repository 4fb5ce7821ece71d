// `driftlab pipeline …` in a process of its own, which says at its end how much memory it had at most.
// node bench/pipeline/child.ts start NAME
import { pipelineCommand } from '#cli/pipeline/command.ts';
import { messageOf } from '#std/errors.ts';

const { env, exit } = process;
try {
  const host = { stdout: process.stderr, stderr: process.stderr, env, cwd: process.cwd(), process, exit };
  process.exitCode = await pipelineCommand(process.argv.slice(2), host);
  process.stdout.write(JSON.stringify({ rssMb: process.resourceUsage().maxRSS / 1024 }));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
