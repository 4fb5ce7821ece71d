import { quoteIdent, quoteLiteral } from './quote.ts';

/** A file of a database, as a backup lists it. */
export interface LogicalFile {
  readonly LogicalName: string;
  readonly PhysicalName: string;
  /** `D` of rows, `L` of the log; others are of features that the lab's databases have none of. */
  readonly Type: string;
}

/** In the server's own folder for backups. */
const fileOf = (to: string): string => quoteLiteral(`driftlab_${to.replaceAll(/[^\w-]/g, '_')}.bak`);

/** A backup that no other one of the database knows of. */
export function backUpSql(from: string, to: string): string {
  return `BACKUP DATABASE ${quoteIdent(from)} TO DISK = ${fileOf(to)} WITH COPY_ONLY, FORMAT, INIT`;
}

export function filesSql(to: string): string {
  return `RESTORE FILELISTONLY FROM DISK = ${fileOf(to)}`;
}

/** Each file beside the original's, by the copy's name. The copy is not captured: that is KEEP_CDC, and a matter of its own. */
export function restoreSql(to: string, files: readonly LogicalFile[]): string {
  const moves = files.map(({ LogicalName, PhysicalName, Type }, index) => {
    const folder = PhysicalName.replace(/[^\\/]*$/, '');
    const name = `${to.replaceAll(/[^\w-]/g, '_')}_${index}.${Type === 'L' ? 'ldf' : 'mdf'}`;
    return `MOVE ${quoteLiteral(LogicalName)} TO ${quoteLiteral(`${folder}${name}`)}`;
  });
  return `RESTORE DATABASE ${quoteIdent(to)} FROM DISK = ${fileOf(to)} WITH ${moves.join(', ')}`;
}

export function removeBackUpSql(to: string): string {
  return `DECLARE @file nvarchar(400) = CONVERT(nvarchar(400), SERVERPROPERTY(N'InstanceDefaultBackupPath')) + N'/' + ${fileOf(to)};
EXEC master.sys.xp_delete_files @file`;
}
