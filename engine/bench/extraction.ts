import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AppError } from '../src/domain/errors.ts'
import { textBuilder } from '../src/steps/extract/builder.ts'
import { readPdf } from '../src/steps/extract/pdf.ts'
import { EXTRACT_LIMITS } from '../src/steps/extract/reader.ts'

interface Figures {
  readonly name: string
  readonly bytes: number
  readonly pages: number
  readonly scanned: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly refused: string | undefined
}

async function measure(path: string, name: string): Promise<Figures> {
  const bytes = readFileSync(path)
  const out = textBuilder(EXTRACT_LIMITS.characters)
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  let refused: string | undefined
  try {
    await readPdf(
      { name, size: bytes.length, mediaType: 'application/pdf', bytes: () => bytes, at: (offset, length) => bytes.subarray(offset, offset + length) },
      out,
      {
        limits: EXTRACT_LIMITS,
        progress: () => undefined,
        nested: async () => undefined,
      },
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    refused = error.code
  }
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const { pages } = out.finish('application/pdf')
  return {
    name,
    bytes: bytes.length,
    pages: pages.length,
    scanned: pages.filter((page) => page.ocr).length,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    refused,
  }
}

/** MB/s and pages/s of the PDF reader, in this process, file by file; a Markdown table. */
export async function run(): Promise<string> {
  const shared = resolve(import.meta.dirname, '../../../shared')
  const groups = [
    ['documents', join(shared, 'docs')],
    ['10-Q filings', join(shared, 'eval/kgrag-sec10q/docs')],
  ] as const
  if (!existsSync(shared)) return 'Extraction: skipped, the shared collection is not beside this project.\n'
  const rows: string[] = []
  for (const [group, folder] of groups) {
    const files = readdirSync(folder).filter((file) => file.endsWith('.pdf'))
    const all: Figures[] = []
    for (const file of files.sort()) all.push(await measure(join(folder, file), file))
    const read = all.filter(({ refused }) => refused === undefined)
    rows.push(
      rowOf(
        `${group}, without OCR (${read.filter(({ scanned }) => scanned === 0).length} files)`,
        read.filter(({ scanned }) => scanned === 0),
      ),
    )
    for (const one of read) if (one.scanned > 0) rows.push(rowOf(`${one.name} (${one.scanned} pages by OCR)`, [one]))
    const largest = read.filter(({ scanned }) => scanned === 0).sort((a, b) => b.pages - a.pages)[0]
    if (largest !== undefined) rows.push(rowOf(`of these, ${largest.name}`, [largest]))
    rows.push(`| ${group} refused | ${all.length - read.length} files | | | | |`)
  }
  const memory = Math.round(process.resourceUsage().maxRSS / 1024)
  const head = '| PDF extraction | MB | pages | s | MB/s | pages/s |\n|---|---|---|---|---|---|'
  return `${head}\n${rows.join('\n')}\n\nPeak memory of the process over all files: ${memory} MiB. Rates by wall clock; processor time is in brackets.\n`
}

function rowOf(name: string, figures: readonly Figures[]): string {
  const sum = (pick: (one: Figures) => number) => figures.reduce((total, one) => total + pick(one), 0)
  const [megabytes, pages, seconds, cpu] = [sum(({ bytes }) => bytes) / 1e6, sum((one) => one.pages), sum((one) => one.seconds), sum((one) => one.cpuSeconds)]
  const rate = (amount: number, time: number, digits: number) => (amount / Math.max(time, 1e-6)).toFixed(digits)
  return `| ${name} | ${megabytes.toFixed(1)} | ${pages} | ${seconds.toFixed(1)} (${cpu.toFixed(1)}) | ${rate(megabytes, seconds, 2)} (${rate(megabytes, cpu, 2)}) | ${rate(pages, seconds, 0)} (${rate(pages, cpu, 0)}) |`
}

if (process.argv[1] === import.meta.filename) console.log(await run())
