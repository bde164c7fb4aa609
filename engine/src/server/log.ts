import type { Log } from '../ports/world.ts'
import type { Settings } from '../settings.ts'

const ORDER = { silent: 0, error: 1, warn: 2, info: 3 } as const

/**
 * One JSON object per line on stderr: time, level, event, facts. Errors among the facts are told with their causes.
 * Facts are chosen by whoever logs; settings, headers and bodies are never among them.
 */
export function logTo(level: Settings['LOG_LEVEL'], write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const at =
    (own: 'error' | 'warn' | 'info') =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}) => {
      if (ORDER[own] > ORDER[level]) return
      write(`${JSON.stringify({ time: new Date().toISOString(), level: own, event, ...facts }, plain)}\n`)
    }
  return { error: at('error'), warn: at('warn'), info: at('info') }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  return { message: value.message.slice(0, 2000), stack: value.stack?.slice(0, 6000), ...(value.cause === undefined ? {} : { cause: value.cause }) }
}
