/** An identifier as PostgreSQL's SQL names it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name` likewise; the schema ends at the first dot. */
export function quotedTable(id: string): string {
  const dot = id.indexOf('.');
  return `${quoted(id.slice(0, dot))}.${quoted(id.slice(dot + 1))}`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
