import { findIceberg, icebergAdvice } from '#setup/iceberg.mjs';
import { OperatorError } from '#std/errors.ts';
import { fetchPart } from './fetch-part.ts';

/** The folder with the jars of Apache Iceberg's sink: fetched where it is not there yet; aborting ends that. */
export async function icebergHome(signal?: AbortSignal): Promise<string> {
  const found = findIceberg();
  if (found !== undefined) return found.plugin;
  const said = await fetchPart('iceberg', signal);
  const fetched = findIceberg();
  if (fetched !== undefined) return fetched.plugin;
  throw new OperatorError({
    code: 'iceberg-missing',
    message: "Apache Iceberg's sink for Kafka Connect is not installed, and could not be",
    expected: 'its jars, for variants that write Iceberg tables',
    found: said,
    hint: icebergAdvice,
    exit: 3,
  });
}
