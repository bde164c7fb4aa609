import { cut, paint, plural } from './show.ts'

type Step = 'stored' | 'reading' | 'read' | 'chunked' | 'embedding' | 'indexing' | 'indexed' | 'unpacked' | 'failed' | 'cancelled'

export interface FileProgress {
  readonly name: string
  readonly step: Step
  /** Such as "3 of 12 pages" while it runs, or why it failed. */
  readonly detail: string
}

export interface ProgressView {
  update(id: string, progress: FileProgress): void
  /** Takes the live lines away and leaves one line per ended file. */
  close(): void
}

const ENDED: ReadonlySet<Step> = new Set(['indexed', 'unpacked', 'failed', 'cancelled'])
const COLOURS = { indexed: 'green', unpacked: 'green', failed: 'red', cancelled: 'yellow' } as const
const MOST_LINES = 8
const REDRAW_MS = 80

/** Progress per file: live lines on a terminal, otherwise one line when a file has ended. Writes to stderr. */
export function progressView(total: () => number, stream: NodeJS.WriteStream = process.stderr): ProgressView {
  const files = new Map<string, FileProgress>()
  const printed = new Set<string>()
  let drawn = 0
  let timer: NodeJS.Timeout | undefined

  function draw(): void {
    timer = undefined
    erase()
    flush()
    if (!stream.isTTY) return
    const active = [...files.values()].filter((file) => !ENDED.has(file.step))
    const lines = active.slice(0, MOST_LINES).map(line)
    if (active.length > MOST_LINES) lines.push(paint('dim', `  and ${active.length - MOST_LINES} more`))
    lines.push(paint('dim', `  ${printed.size} of ${plural(total(), 'file')}`))
    stream.write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }

  function erase(): void {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`)
    drawn = 0
  }

  function flush(): void {
    for (const [id, file] of files) {
      if (!ENDED.has(file.step) || printed.has(id)) continue
      printed.add(id)
      stream.write(`${line(file)}\n`)
    }
  }

  return {
    update(id, progress) {
      files.set(id, progress)
      timer ??= setTimeout(draw, REDRAW_MS)
    },
    close() {
      clearTimeout(timer)
      erase()
      flush()
    },
  }
}

function line({ name, step, detail }: FileProgress): string {
  const padded = step.padEnd(9)
  const colour = step === 'indexed' || step === 'unpacked' || step === 'failed' || step === 'cancelled' ? COLOURS[step] : 'cyan'
  return `  ${paint(colour, padded)} ${cut(name, 60)}${detail === '' ? '' : paint('dim', `  ${cut(detail, 200)}`)}`
}
