// Runs the benchmarks and writes their tables into results.md: npm run bench [quality] [speed] [http] [authorisation] [streams] [cache] [citations] [extraction]
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

const BENCHES = {
  quality: { title: 'Retrieval quality', run: async () => (await import('./quality.ts')).run((await import('./quality-product.ts')).throughProduct) },
  speed: { title: 'Speed, side by side with Chroma', run: async () => (await import('./speed.ts')).run() },
  http: { title: 'The server over HTTP', run: async () => (await import('./http.ts')).run() },
  authorisation: { title: 'Who may do what', run: async () => (await import('./authorisation.ts')).run() },
  streams: { title: 'Live streams', run: async () => (await import('./streams.ts')).run() },
  cache: { title: 'The cache', run: async () => (await import('./cache.ts')).run() },
  citations: { title: 'Verdicts on citations and sentences', run: async () => (await import('./citations.ts')).run() },
  extraction: { title: 'Extraction', run: async () => (await import('./extraction.ts')).run() },
} as const
type Name = keyof typeof BENCHES
const NAMES = Object.keys(BENCHES) as Name[]
const results = join(import.meta.dirname, 'results.md')

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !NAMES.some((known) => known === name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${NAMES.join(', ')}.`)
  process.exit(1)
}

const sections = sectionsBefore()
for (const name of NAMES.filter((one) => wanted.length === 0 || wanted.includes(one))) {
  const { title, run } = BENCHES[name]
  console.error(`${title} …`)
  const started = Date.now()
  const tables = await run()
  sections.set(title, `## ${title}\n\n${tables.trim()}\n\nTook ${Math.round((Date.now() - started) / 1000)} s. ${machine()}`)
  console.log(sections.get(title))
  const inOrder = NAMES.map((one) => sections.get(BENCHES[one].title)).filter((one) => one !== undefined)
  writeFileSync(results, `# Measured figures\n\nWritten by \`npm run bench\`. Shared machines are noisy: read ratios and medians.\n\n${inOrder.join('\n\n')}\n`)
}

/** What was measured before, by title: it stays until it is measured again. */
function sectionsBefore(): Map<string, string> {
  const found = new Map<string, string>()
  if (!existsSync(results)) return found
  let title = ''
  for (const part of readFileSync(results, 'utf8')
    .split(/^(?=## )/m)
    .slice(1)) {
    const heading = part.slice(3, part.indexOf('\n'))
    const begins = Object.values(BENCHES).some((bench) => bench.title === heading)
    if (begins) title = heading
    found.set(title, begins ? part.trim() : `${found.get(title) ?? ''}\n\n${part.trim()}`)
  }
  return found
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30)
  const date = new Date().toISOString().slice(0, 10)
  return `Measured on ${date}: ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory} GiB, Node ${process.versions.node}.`
}
