import { api } from '../../lib/api.ts'
import { saveFile } from '../../lib/save-file.ts'

/** Saves the original, whatever it is: without a type that a browser would open. */
export async function downloadOriginal(database: string, document: string, name: string): Promise<void> {
  await saveFile(await api.content({ database, document }), name.split(/[/\\]/).at(-1) ?? name, 'application/octet-stream')
}
