import { quoteIdent, quoteLiteral } from './quote.ts';

/** A file of a database. */
export interface DatabaseFile {
  /** By which a backup knows it. */
  readonly name: string;
  readonly path: string;
  /** `ROWS` or `LOG`; others are of features that the lab's databases have none of. */
  readonly kind: string;
}

/** In the server's own folder for backups. */
const fileOf = (to: string): string => quoteLiteral(`driftlab_${to.replaceAll(/[^\w-]/g, '_')}.bak`);

/** A backup that no other one of the database knows of. */
export function backUpSql(from: string, to: string): string {
  return `BACKUP DATABASE ${quoteIdent(from)} TO DISK = ${fileOf(to)} WITH COPY_ONLY, FORMAT, INIT`;
}

/** Not what RESTORE FILELISTONLY lists of the backup: LSNs are among it, as numbers with more digits than the driver keeps. */
export function filesSql(from: string): string {
  return `SELECT f.name AS name, f.physical_name AS [path], f.type_desc AS kind FROM sys.master_files AS f
WHERE f.database_id = DB_ID(${quoteLiteral(from)}) ORDER BY f.file_id`;
}

/** Each file beside the original's, by the copy's name. The copy is not captured: that is KEEP_CDC, and a matter of its own. */
export function restoreSql(to: string, files: readonly DatabaseFile[]): string {
  const moves = files.map(({ name, path, kind }, index) => {
    const folder = path.replace(/[^\\/]*$/, '');
    const own = `${to.replaceAll(/[^\w-]/g, '_')}_${index}.${kind === 'LOG' ? 'ldf' : 'mdf'}`;
    return `MOVE ${quoteLiteral(name)} TO ${quoteLiteral(`${folder}${own}`)}`;
  });
  return `RESTORE DATABASE ${quoteIdent(to)} FROM DISK = ${fileOf(to)} WITH ${moves.join(', ')}`;
}

export function removeBackUpSql(to: string): string {
  return `DECLARE @file nvarchar(400) = CONVERT(nvarchar(400), SERVERPROPERTY(N'InstanceDefaultBackupPath')) + N'/' + ${fileOf(to)};
EXEC master.sys.xp_delete_files @file`;
}
