import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ARCHIVES, archiveFile } from '#setup/archives.mjs';
import { findJava, type Java } from '#setup/java.mjs';
import { jvmFolder } from '#setup/layout.mjs';
import { SetupProblem } from '#setup/problem.mjs';
import { OperatorError } from '#std/errors.ts';
import { properties } from './properties.ts';

/** Kafka's class path and Connect's plugins, as the set-up left them. */
export interface JvmParts {
  readonly folder: string;
  readonly libs: string;
  readonly plugins: string;
}

export function jvmParts(): JvmParts {
  const folder = jvmFolder();
  if (!existsSync(join(folder, 'libs')))
    throw new OperatorError({
      code: 'jvm-parts-missing',
      message: 'Kafka and Debezium are not installed',
      expected: `${folder}`,
      found: 'no such folder',
      hint: 'npx driftlab setup',
      exit: 3,
    });
  // In Java's URLs it divides a jar from what is in it, and no escape is understood everywhere.
  if (folder.includes('!/'))
    throw new OperatorError({
      code: 'cache-path-unusable',
      message: 'Java cannot read jars below a folder whose name ends with an exclamation mark',
      expected: 'a cache folder without "!/" in its path',
      found: folder,
      hint: 'set DRIFTLAB_CACHE to another folder',
    });
  return { folder, libs: join(folder, 'libs'), plugins: join(folder, 'plugins') };
}

/**
 * How the JVMs are started. `fast`: with all measures. `archive`: as `fast`, and each writes its class-data-sharing
 * archive when it is stopped. `plain`: as Kafka's own scripts start them, with which the benchmark compares.
 */
export type Boot = 'fast' | 'archive' | 'plain';

export interface JavaOptions {
  readonly parts: JvmParts;
  /** Its working folder. All that it reads and writes is given to it relative to this one. */
  readonly folder: string;
  readonly boot: Boot;
  readonly mainClass: string;
  readonly args: readonly string[];
  /** Heap, in MiB. */
  readonly heapMb: number;
  /** System properties beside those of every JVM. */
  readonly system?: Readonly<Record<string, string>>;
  /** Whose archive is read, or written. */
  readonly archive?: (typeof ARCHIVES)[number];
}

export interface JavaCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * `java`, its arguments, and where it runs. No absolute path is among them: a class path is split at colons, the broker's
 * and the workers' lists of folders at commas, log4j's files are URLs, and people name their folders as they like.
 */
export function javaCommand(options: JavaOptions): JavaCommand {
  const java = foundJava();
  const { folder, parts } = options;
  link(parts.libs, join(folder, 'libs'));
  writeFileSync(join(folder, LOG4J), log4jText());
  const common = [
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${LOG4J}`,
    ...Object.entries(options.system ?? {}).map(([name, value]) => `-D${name}=${value}`),
    ...['-cp', join('libs', '*'), options.mainClass],
    ...options.args,
  ];
  return {
    file: resolve(java.command),
    args: [...(options.boot === 'plain' ? plainArgs() : fastArgs(options, java)), ...common],
    cwd: folder,
    env: { ...process.env, LC_ALL: UTF8_LOCALE },
  };
}

const LOG4J = 'log4j2.properties';

/** Java reads and writes the names of files in the locale's encoding. Under LANG=C it finds none with other letters. */
export const UTF8_LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';

/** Puts a link in place; the one of an earlier start may lead elsewhere. */
export function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function fastArgs(options: JavaOptions, java: Java): string[] {
  const { heapMb, archive } = options;
  return [
    `-Xms${heapMb / 2}m`,
    `-Xmx${heapMb}m`,
    // On few cores a concurrent collector takes its time from the servers themselves.
    '-XX:+UseSerialGC',
    // The first compiler alone: a lab lives for minutes, and the second compiler's work would never pay.
    '-XX:TieredStopAtLevel=1',
    ...(archive === undefined ? [] : archiveArgs(archiveFile(archive, java), options)),
  ];
}

/** What has a JVM read its archive, or write it. */
export function archiveArgs(file: string, { boot, folder }: Pick<JavaOptions, 'boot' | 'folder'>): string[] {
  const name = join('cds', basename(file));
  if (boot === 'archive') mkdirSync(dirname(file), { recursive: true });
  else if (!existsSync(file)) return [];
  link(dirname(file), join(folder, 'cds'));
  if (boot === 'archive') return [`-XX:ArchiveClassesAtExit=${name}.new`];
  // A JVM that cannot use it starts without it, as its default is (-Xshare:auto), and says nothing of it.
  return [`-XX:SharedArchiveFile=${name}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'];
}

/** What bin/kafka-run-class.sh of Kafka's distribution passes. */
function plainArgs(): string[] {
  return [
    ...['-Xms256M', '-Xmx1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
    ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
  ];
}

let java: Java | undefined;

/** The Java that the set-up has found; an OperatorError where there is none. */
export function foundJava(): Java {
  try {
    java ??= findJava();
    return java;
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    const { message, expected, found, fix } = error;
    throw new OperatorError({ code: 'no-java', message, expected, found, hint: fix, exit: 3 });
  }
}

/** Classes that log a task's whole configuration as it starts, and nothing else of use below a warning. */
const DUMPING = [
  'io.debezium.connector.jdbc.JdbcSinkConnectorTask',
  'io.debezium.connector.common.BaseSourceTask',
  'io.debezium.connector.jdbc.JdbcSinkConnectorConfig',
];

/** A log4j2 configuration: everything to standard output, which is the node's log file. */
export function log4jText(): string {
  return properties({
    name: 'driftlab',
    // A hook of its own would end logging before the server has said how its stop went.
    shutdownHook: 'disable',
    'appender.out.type': 'Console',
    'appender.out.name': 'out',
    'appender.out.layout.type': 'PatternLayout',
    // Connectors log the addresses they were given, passwords in their parameters included.
    'appender.out.layout.pattern':
      // Connect puts the connector and its task into the context of what is logged for them.
      '%d{ISO8601} %p %c{1} %X{connector.context}%replace{%m}{(?i)((?:password|passwd|pwd|secret|token)\\w*\\s*=\\s*)[^&\\s,;\\]]+}{$1(hidden)}%n',
    // Tasks of Debezium's write out all that they were configured with, references resolved, under whatever names it has.
    ...Object.fromEntries(
      DUMPING.flatMap((name, index) => [
        [`logger.dump${index}.name`, name],
        [`logger.dump${index}.level`, 'WARN'],
      ]),
    ),
    'rootLogger.level': 'INFO',
    'rootLogger.appenderRef.out.ref': 'out',
  });
}
