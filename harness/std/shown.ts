/** A value from somebody's file as one short line for an error: JSON, cut off; also where it is nested beyond all reason. */
export function shown(value: unknown, lengthMax = 200): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, lengthMax);
  } catch {
    return 'a value that is nested too deeply to be shown';
  }
}
