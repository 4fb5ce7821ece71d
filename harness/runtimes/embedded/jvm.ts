import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  return { folder, libs: join(folder, 'libs'), plugins: join(folder, 'plugins') };
}

/**
 * How the JVMs are started. `fast`: with all measures. `archive`: as `fast`, and each writes its class-data-sharing
 * archive when it is stopped. `plain`: as Kafka's own scripts start them, with which the benchmark compares.
 */
export type Boot = 'fast' | 'archive' | 'plain';

export interface JavaOptions {
  readonly parts: JvmParts;
  readonly boot: Boot;
  readonly mainClass: string;
  readonly args: readonly string[];
  /** Heap, in MiB. */
  readonly heapMb: number;
  readonly log4j: string;
  /** Whose archive is read, or written. */
  readonly archive?: (typeof ARCHIVES)[number];
}

/** `java` and its arguments. */
export function javaCommandLine(options: JavaOptions): { readonly file: string; readonly args: readonly string[] } {
  const java = foundJava();
  const common = [
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${options.log4j}`,
    ...['-cp', join(options.parts.libs, '*'), options.mainClass],
    ...options.args,
  ];
  return {
    file: java.command,
    args: [...(options.boot === 'plain' ? plainArgs() : fastArgs(options, java)), ...common],
  };
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
    ...(archive === undefined ? [] : archiveArgs(archiveFile(archive, java), options.boot)),
  ];
}

function archiveArgs(file: string, boot: Boot): string[] {
  if (boot === 'archive') {
    mkdirSync(dirname(file), { recursive: true });
    return [`-XX:ArchiveClassesAtExit=${file}.new`];
  }
  // A JVM that cannot use it starts without it, as its default is (-Xshare:auto), and says nothing of it.
  return existsSync(file) ? [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'] : [];
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

/** Writes a log4j2 configuration: everything to standard output, which is the node's log file. */
export function writeLog4j(file: string): string {
  writeFileSync(
    file,
    properties({
      name: 'driftlab',
      // A hook of its own would end logging before the server has said how its stop went.
      shutdownHook: 'disable',
      'appender.out.type': 'Console',
      'appender.out.name': 'out',
      'appender.out.layout.type': 'PatternLayout',
      'appender.out.layout.pattern': '%d{ISO8601} %p %c{1} %m%n',
      'rootLogger.level': 'INFO',
      'rootLogger.appenderRef.out.ref': 'out',
    }),
  );
  return file;
}
