import { openAsBlob, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { paint, plural, printable } from './show.ts'
import { CommandFault } from './words.ts'

type TextRange = ReplyOf<Routes['readText']>

export interface PreviewOptions {
  readonly chunkSize?: number
  readonly chunkOverlap?: number
  readonly json?: boolean
}

/** Prints the chunks of a file; nothing of it is kept. */
export async function previewFile({ client, signal }: Session, path: string, options: PreviewOptions): Promise<void> {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new CommandFault(`There is no file ${path}.`, 'Check the path.')
  if (!stats.isFile()) throw new CommandFault(`${path} is not a file.`, 'A preview shows one file; give its path.')
  const { chunkSize, chunkOverlap } = options
  const fields = { ...(chunkSize === undefined ? {} : { chunk_size: chunkSize }), ...(chunkOverlap === undefined ? {} : { chunk_overlap: chunkOverlap }) }
  const shown = await client.upload('preview', { fields, files: [{ name: basename(path), content: await openAsBlob(path) }], signal })
  if (options.json === true) return printJson(shown)
  const counts = [
    shown.media_type,
    ...(shown.pages > 0 ? [plural(shown.pages, 'page')] : []),
    plural(shown.characters, 'character'),
    plural(shown.chunks.length, 'chunk'),
  ]
  console.log(`${paint('bold', printable(shown.title ?? basename(path)))}\n${counts.join(', ')}`)
  for (const warning of shown.warnings) console.log(paint('yellow', printable(warning)))
  for (const chunk of shown.chunks) {
    const pages = chunk.pages === null ? '' : chunk.pages[0] === chunk.pages[1] ? `, page ${chunk.pages[0]}` : `, pages ${chunk.pages[0]}-${chunk.pages[1]}`
    const range = `${plural(chunk.tokens, 'token')}, characters ${chunk.start}-${chunk.end}${pages}`
    const path = chunk.heading_path.length === 0 ? '' : `\n   ${printable(chunk.heading_path.join(' › '))}`
    console.log(`\n${paint('cyan', `#${chunk.ordinal + 1}`)} ${paint('dim', `${range}${path}`)}`)
    if (chunk.context !== null) console.log(paint('dim', printable(chunk.context)))
    console.log(printable(chunk.text))
  }
}

/** Prints the text that was read from a document, or that of one page: what citations and chunks point into. */
export async function printText({ client, signal }: Session, database: string, document: string, options: { readonly page?: number }): Promise<void> {
  const parameters = { database, document }
  let pages: TextRange['pages'] = []
  for (let start = 0; ; ) {
    const range = await client.call('readText', { parameters, query: { start }, signal })
    pages = range.pages
    const wanted = pages.find((page) => page.number === options.page)
    if (options.page === undefined) process.stdout.write(printable(range.text))
    else if (wanted !== undefined) return printPage(await client.call('readText', { parameters, query: { start: wanted.start, end: wanted.end }, signal }))
    if (range.end >= range.characters || range.end <= start) break
    start = range.end
  }
  if (options.page === undefined) return console.log('')
  const last = pages.at(-1)
  throw new CommandFault(
    last === undefined ? 'This document has no pages.' : `There is no page ${options.page}; the last is ${last.number}.`,
    last === undefined ? 'Leave out --page to see the whole text.' : `Give a page from 1 to ${last.number}.`,
  )
}

function printPage({ text }: TextRange): void {
  console.log(printable(text))
}
