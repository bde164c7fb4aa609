import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIMENSIONS, RESULTS, type SpeedData, speedData } from './speed-data.ts'
import { chromaServer, type Engine, quarryStore, type Share } from './speed-engines.ts'

const SIZES = [10_000, 100_000] as const
/** From here on a database has an index beside its file. */
const LARGE = 50_000
const SHARES: readonly Share[] = ['all', '10 %', '1 %']
const SELECTED: Readonly<Record<Share, (group: number) => boolean>> = { all: () => true, '10 %': (group) => group < 10, '1 %': (group) => group === 0 }
const [QUERIES, WARM_UP, CHECKED] = [1_000, 100, 30]
/** Per engine, size and share. */
const QUERY_SECONDS = 6
/** The whole bench stays under ten minutes: what has not begun by then is left out, and the table says so. */
const TOTAL_SECONDS = 540

interface Rate {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly recall: number
}

interface Row {
  readonly engine: string
  readonly loadPerSecond: number
  readonly rates: Readonly<Record<Share, Rate>>
  readonly openMs: number
  readonly memory: number
  readonly disk: number
}

/** One client, one query at a time; both engines on the same vectors in the same run. */
export async function run(): Promise<string> {
  const until = performance.now() + TOTAL_SECONDS * 1000
  const folder = mkdtempSync(join(tmpdir(), 'quarry-speed-'))
  const cache = join(import.meta.dirname, '.cache')
  const parts: string[] = ['## Dense search beside Chroma']
  try {
    for (const size of SIZES) {
      const data = speedData(size, QUERIES)
      const truths = truthsOf(data)
      const rows: Row[] = []
      const openers = [
        async () => quarryStore(join(folder, 'quarry'), 2, false),
        () => chromaServer(cache, join(folder, 'chroma')),
        ...(size >= LARGE ? [async () => quarryStore(join(folder, 'large'), 2, true)] : []),
      ]
      for (const open of openers) {
        if (performance.now() > until) parts.push(`Left out for lack of time: one engine at ${size}.`)
        else rows.push(await measured(await open(), data, truths))
      }
      parts.push(`### ${size.toLocaleString('en')} x ${DIMENSIONS}, clustered, ${RESULTS} results, one client`, table(rows))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return `${parts.join('\n\n')}\n`
}

type Truths = Readonly<Record<Share, readonly (readonly number[])[]>>

function truthsOf(data: SpeedData): Truths {
  const of = (share: Share) => data.queries.slice(0, CHECKED).map((query) => data.truth(query, SELECTED[share]))
  return { all: of('all'), '10 %': of('10 %'), '1 %': of('1 %') }
}

async function measured(engine: Engine, data: SpeedData, truths: Truths): Promise<Row> {
  try {
    const began = performance.now()
    await engine.load(data.vectors)
    const loadPerSecond = (data.vectors.length / (performance.now() - began)) * 1000
    const built = await engine.ready?.()
    const rates = {} as Record<Share, Rate>
    for (const share of SHARES) rates[share] = await rate(engine, data, share, truths[share])
    const memory = engine.memoryMiB()
    const reopening = performance.now()
    await engine.reopen()
    await engine.query(data.queries[0] as Float32Array, 'all')
    const name = built === undefined ? engine.name : `${engine.name} (built in ${built.toFixed(0)} s)`
    return { engine: name, loadPerSecond, rates, openMs: performance.now() - reopening, memory, disk: engine.diskMiB() }
  } finally {
    await engine.close()
  }
}

async function rate(engine: Engine, data: SpeedData, share: Share, truths: readonly (readonly number[])[]): Promise<Rate> {
  let found = 0
  for (const [index, truth] of truths.entries()) {
    const hits = new Set(await engine.query(data.queries[index] as Float32Array, share))
    found += truth.filter((one) => hits.has(one)).length / truth.length
  }
  const began = performance.now()
  for (let at = 0; at < WARM_UP && performance.now() < began + QUERY_SECONDS * 500; at++) await engine.query(data.queries[at] as Float32Array, share)
  const times: number[] = []
  const from = performance.now()
  for (const query of data.queries) {
    const start = performance.now()
    await engine.query(query, share)
    times.push(performance.now() - start)
    if (performance.now() > from + QUERY_SECONDS * 1000) break
  }
  const perSecond = (times.length / (performance.now() - from)) * 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { perSecond, p50: at(0.5), p99: at(0.99), recall: found / truths.length }
}

function table(rows: readonly Row[]): string {
  const cell = ({ perSecond, p50, p99, recall }: Rate) => `${perSecond.toFixed(0)} (${p50.toFixed(2)} / ${p99.toFixed(1)} ms, ${recall.toFixed(3)})`
  const lines = rows.map(({ engine, loadPerSecond, rates, openMs, memory, disk }) =>
    [engine, loadPerSecond.toFixed(0), ...SHARES.map((share) => cell(rates[share])), openMs.toFixed(0), memory.toFixed(0), disk.toFixed(0)].join(' | '),
  )
  const [first, peer, large] = rows
  const ratios = [first, large].flatMap((row) => {
    if (row === undefined || peer === undefined) return []
    const ratio = (value: (row: Row) => number) => `${(value(row) / value(peer)).toFixed(1)} x`
    const cells = [ratio((one) => one.loadPerSecond), ...SHARES.map((share) => ratio((one) => one.rates[share].perSecond))]
    return [[`${row === first ? 'scan' : 'large index'} : Chroma`, ...cells, '', '', ''].join(' | ')]
  })
  const head = ['engine', 'load/s', ...SHARES.map((share) => `${share}: queries/s (p50 / p99, recall)`), 'open ms', 'memory MiB', 'disk MiB']
  return [head.join(' | '), head.map(() => '---').join(' | '), ...lines, ...ratios].map((line) => `| ${line} |`).join('\n')
}
