import { duration, paint, plural, printable } from './show.ts'
import { fit, widthOf } from './width.ts'

export type Step = 'sending' | 'waiting' | 'reading' | 'chunked' | 'embedding' | 'indexing' | 'indexed' | 'unpacked' | 'unchanged' | 'failed' | 'cancelled'

export interface FileProgress {
  readonly name: string
  readonly step: Step
  /** Such as "3 of 12 pages" while it runs, or why it failed. */
  readonly detail: string
}

/** How much of the whole is done; for the last line. */
export interface Totals {
  readonly files: number
  readonly bytes: number
  /** Of files that are through. */
  readonly doneBytes: number
}

export interface ProgressView {
  update(id: string, progress: FileProgress): void
  /** Whether the file is through. */
  hasEnded(id: string): boolean
  /** Takes the live lines away and leaves one line per ended file. */
  close(): void
}

const ENDED: ReadonlySet<Step> = new Set(['indexed', 'unpacked', 'unchanged', 'failed', 'cancelled'])
const COLOURS: Readonly<Partial<Record<Step, 'green' | 'red' | 'yellow' | 'dim'>>> = {
  indexed: 'green',
  unpacked: 'green',
  unchanged: 'green',
  failed: 'red',
  cancelled: 'yellow',
  waiting: 'dim',
}
/** What is being worked on is of more interest than what waits. */
const ORDER: readonly Step[] = ['embedding', 'indexing', 'chunked', 'reading', 'sending', 'waiting']
const MOST_LINES = 8
const REDRAW_MS = 120
/** An estimate from less than this is a guess. */
const ESTIMATE_AFTER_MS = 4000
const LEAST_SHARE = 0.03

/**
 * Progress per file: live lines on a terminal, otherwise one line when a file has ended. Each redraw is one write of
 * lines cut to the terminal's width, so that nothing wraps or flickers.
 */
export function progressView(totals: () => Totals, stream: NodeJS.WriteStream = process.stderr): ProgressView {
  const files = new Map<string, FileProgress>()
  const ended = new Set<string>()
  let fresh: FileProgress[] = []
  let drawn = 0
  let timer: NodeJS.Timeout | undefined
  const started = Date.now()

  function draw(): void {
    timer = undefined
    const lines = fresh.map((file) => line(file, stream))
    fresh = []
    const live = stream.isTTY ? liveLines() : []
    if (lines.length + live.length + drawn === 0) return
    if (!stream.isTTY) {
      stream.write(lines.map((one) => `${one}\n`).join(''))
      return
    }
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    stream.write(`${up}${[...lines, ...live].map((one) => `${one}\u001b[K\n`).join('')}\u001b[0J`)
    drawn = live.length
  }

  function liveLines(): string[] {
    const active = [...files].filter(([id]) => !ended.has(id)).map(([, file]) => file)
    active.sort((left, right) => ORDER.indexOf(left.step) - ORDER.indexOf(right.step))
    const most = Math.max(1, Math.min(MOST_LINES, (stream.rows ?? 24) - 4))
    const lines = active.slice(0, most).map((file) => line(file, stream))
    if (active.length > most) lines.push(paint('dim', `  and ${active.length - most} more`, stream))
    lines.push(paint('dim', fit(`  ${ended.size} of ${plural(totals().files, 'file')}${elapsed()}`, width(stream)), stream))
    return lines
  }

  function elapsed(): string {
    const took = Date.now() - started
    const { bytes, doneBytes } = totals()
    const share = bytes > 0 ? doneBytes / bytes : 0
    const left = took >= ESTIMATE_AFTER_MS && share >= LEAST_SHARE && share < 1 ? `, about ${duration((took / share) * (1 - share), 'rough')} left` : ''
    return `, ${duration(took, 'rough')}${left}`
  }

  return {
    update(id, progress) {
      if (ended.has(id)) return
      files.set(id, progress)
      if (ENDED.has(progress.step)) {
        ended.add(id)
        fresh.push(progress)
      }
      timer ??= setTimeout(draw, REDRAW_MS)
    },
    hasEnded: (id) => ended.has(id),
    close() {
      clearTimeout(timer)
      timer = undefined
      const lines = fresh.map((file) => `${line(file, stream)}\n`)
      fresh = []
      stream.write(`${drawn > 0 ? `\u001b[${drawn}A\u001b[0J` : ''}${lines.join('')}`)
      drawn = 0
    },
  }
}

function width(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? Math.max(20, stream.columns ?? 80) - 1 : Number.POSITIVE_INFINITY
}

/** The name gives way to the detail when a line is too narrow for both. */
function line({ name, step, detail }: FileProgress, stream: NodeJS.WriteStream): string {
  const room = width(stream) - 12
  const told = detail === '' ? '' : `  ${fit(printable(detail), Math.max(0, Math.floor(room * 0.6)))}`
  const shown = fit(printable(name).replace(/\s+/g, ' '), Math.max(8, Math.min(60, room - widthOf(told))))
  return `  ${paint(COLOURS[step] ?? 'cyan', step.padEnd(9), stream)} ${shown}${paint('dim', fit(told, Math.max(0, room - widthOf(shown))), stream)}`
}

/** Done units per second of one stage of one file, and how long the rest takes; nothing while there is too little to tell. */
export function paceOf(now: () => number = Date.now): (key: string, done: number, total: number, unit: string) => string {
  const seen = new Map<string, { readonly at: number; readonly done: number }>()
  return (key, done, total, unit) => {
    const first = seen.get(key)
    if (first === undefined || done < first.done) {
      seen.set(key, { at: now(), done })
      return ''
    }
    const took = now() - first.at
    if (took < 1500 || done === first.done) return ''
    const rate = ((done - first.done) / took) * 1000
    const left = total > done ? `, ${duration(((total - done) / rate) * 1000, 'rough')} left` : ''
    return `, ${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} ${unit}s/s${left}`
  }
}
