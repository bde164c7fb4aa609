import { api } from '../../lib/api.ts'

/** Saves the original as a file of the browser, whatever it is: it is never opened under our address. */
export async function downloadOriginal(database: string, document: string, name: string): Promise<void> {
  const content = await new Response(await api.content({ database, document })).blob()
  const address = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }))
  const link = window.document.createElement('a')
  link.href = address
  link.download = name.split(/[/\\]/).at(-1) ?? name
  link.click()
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
