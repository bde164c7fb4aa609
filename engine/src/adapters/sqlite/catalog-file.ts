import { openSqliteFile, type SqliteFile, type SqliteOptions } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'

/**
 * Opens the one file of catalog and queue, making it on a first start. Every thread opens its own.
 * @throws AppError store/damaged (also when the file is missing although `evidence` shows that it existed), store/too-new, store/full, store/unavailable
 */
export function openCatalogFile(options: Pick<SqliteOptions, 'path' | 'evidence' | 'onFull'>): SqliteFile {
  return openSqliteFile({ ...options, migrations: CATALOG_MIGRATIONS, applicationId: CATALOG_APPLICATION })
}

const CATALOG_APPLICATION = 0x51_52_59_31 // "QRY1"
