import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { openHere } from '#manager/here.ts';
import { notify } from '#reconcile/notify.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { RENDERERS } from '#reconcile/render.ts';
import type { ReconcileReport } from '#reconcile/report.ts';
import { systemdUnit } from '#reconcile/systemd.ts';
import { ROOT } from '#setup/layout.mjs';
import { makeFolder, writeWhole } from '#setup/whole-file.mjs';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { atCronTimes, everySeconds, runOnSchedule } from '#std/schedule.ts';
import { helpOf, parseArguments } from './arguments.ts';
import type { Host } from './host.ts';
import { INTERRUPTED, listenForInterrupt } from './interrupt.ts';
import { labAddresses } from './lab/kafka.ts';
import { type ReportFormat, reconcileUsage } from './reconcile-options.ts';
import { type Narrator, narrator } from './reconcile-progress.ts';
import { type ReconcileSettings, reconcileSettings } from './reconcile-request.ts';

type World = Pick<Host, 'stdout' | 'stderr' | 'env' | 'cwd' | 'process' | 'exit' | 'now'>;

/** `driftlab reconcile …`. Exit status: 0 all tables match, 1 discrepancies or an error, 2 wrong usage, 130 interrupted. */
export async function reconcileCommand(args: readonly string[], host: World): Promise<number> {
  // The arguments may hold a password; this writes over them in the list of processes.
  process.title = 'driftlab reconcile';
  const { options } = parseArguments(reconcileUsage, withDefaultPrefix(args));
  if (options.help) {
    host.stdout.write(`${helpOf(reconcileUsage)}\n`);
    return 0;
  }
  using here = openHere(host.env, () => labAddresses(host));
  const settings = reconcileSettings(options, here, host.cwd);
  if (settings.options['print-systemd']) {
    const program = [process.execPath, join(ROOT, 'bin', 'driftlab.mjs')];
    host.stdout.write(systemdUnit({ program, args, cwd: host.cwd, user: userInfo().username }));
    return 0;
  }
  requireWritable(settings, host.cwd);
  const say = narrator(host.stderr, settings.options['log-level'] ?? 'info');
  using interrupt = listenForInterrupt({
    process: host.process,
    exit: host.exit,
    onFirst: (signal) => say.log('warning', `${signal}: stopping`),
  });
  try {
    if (settings.options.schedule) return await scheduled(settings, host, say, interrupt.signal);
    const report = await once(settings, host, say, interrupt.signal);
    return report.status === 'FAIL' ? 1 : 0;
  } catch (error) {
    if (interrupt.failure !== undefined) throw interrupt.failure;
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    say.end();
  }
}

/** `--ignore-cdc-columns` may stand without its value, which is then what holds without the option. */
function withDefaultPrefix(args: readonly string[]): string[] {
  return args.map((arg, n) => {
    const next = args[n + 1];
    return arg === '--ignore-cdc-columns' && (next === undefined || next.startsWith('-')) ? `${arg}=_cdc_` : arg;
  });
}

async function scheduled(
  settings: ReconcileSettings,
  host: World,
  say: Narrator,
  signal: AbortSignal,
): Promise<number> {
  const { interval, cron } = settings.options;
  const timetable = cron === undefined ? everySeconds(interval ?? 1, host.now()) : atCronTimes(cron);
  const run = async () => {
    try {
      await once(settings, host, say, signal);
    } catch (error) {
      signal.throwIfAborted();
      // A run that fails, whatever the reason, must not end those to come.
      say.log('error', error instanceof OperatorError ? explain(error) : messageOf(error));
    }
  };
  return runOnSchedule(timetable, run, signal, (until) => say.log('info', `next run at ${until.toISOString()}`));
}

async function once(
  settings: ReconcileSettings,
  host: World,
  say: Narrator,
  signal: AbortSignal,
): Promise<ReconcileReport> {
  const request = { ...settings.request, ...(await settings.urls(signal)) };
  const report = await reconcile(request, {
    signal,
    now: host.now,
    onProgress: (progress) => say.progress(progress),
    onLog: (level, text) => say.log(level, text),
  });
  say.end();
  write(settings, host, say, report);
  for (const problem of await notify(report, settings.options, signal)) say.log('warning', problem);
  return report;
}

function write({ options }: ReconcileSettings, host: World, say: Narrator, report: ReconcileReport): void {
  const files = [
    ...(options.output === undefined ? [] : [resolve(host.cwd, options.output)]),
    ...(options['output-dir'] === undefined
      ? []
      : [join(resolve(host.cwd, options['output-dir']), fileName(report, options.format ?? 'json'))]),
  ];
  const toFile = files.length > 0;
  const format = options.format ?? (toFile || host.stdout.isTTY !== true ? 'json' : 'console');
  const text = RENDERERS[format](report);
  // The report on the terminal begins with these words itself.
  if (toFile || format !== 'console') {
    say.log(report.status === 'FAIL' ? 'error' : 'info', `${report.status}: ${report.summary}`);
  }
  if (!toFile) host.stdout.write(text);
  for (const file of files) {
    try {
      // Whoever reads the file while it is written sees the old one or the new one, never a half.
      writeWhole(file, text);
      say.log('info', `report: ${file}`);
    } catch (error) {
      host.stdout.write(text);
      throw new OperatorError({
        code: 'cannot-write',
        message: `cannot write ${file}`,
        found: messageOf(error),
        cause: error,
        exit: 1,
      });
    }
  }
}

const EXTENSIONS: Readonly<Record<ReportFormat, string>> = { json: 'json', csv: 'csv', console: 'txt' };

function fileName(report: ReconcileReport, format: ReportFormat): string {
  return `reconcile-${report.timestamp.replaceAll(/[-:]/g, '').replace('.', '-')}.${EXTENSIONS[format]}`;
}

/** A report that cannot be kept is found out before hours of work, not after. */
function requireWritable({ options }: ReconcileSettings, cwd: string): void {
  const files = [options.output, options['repair-sql']].flatMap((file) =>
    file === undefined ? [] : resolve(cwd, file),
  );
  try {
    if (options['output-dir'] !== undefined) {
      const folder = resolve(cwd, options['output-dir']);
      makeFolder(folder);
      accessSync(folder, constants.W_OK);
    }
    // A file that is there and may be written is enough: a device, say, lies in a folder that nobody may.
    for (const file of files) accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new OperatorError({
      code: 'cannot-write',
      message: 'the report cannot be written there',
      expected: 'a folder that exists and can be written',
      found: messageOf(error),
      cause: error,
    });
  }
}
