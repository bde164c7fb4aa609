import type { Caller } from './caller.ts'
import { AppError, ERRORS } from './errors.ts'

// What is left of a fault where nobody may read what a provider said of it: servers echo what they are asked.

/** The sentence of an error's message, without the facts that follow it; of what is no message of ours that of `internal`. */
export function withoutFacts(message: string): string {
  return Object.values(ERRORS).find(({ says }) => message.startsWith(says))?.says ?? ERRORS.internal.says
}

/** A fault for the log: bare when a stranger asked, or nobody knows who. */
export function faultForLog(fault: unknown, caller: Pick<Caller, 'kind'> | undefined): unknown {
  return caller === undefined || caller.kind === 'visitor' ? bareFault(fault) : fault
}

/** Of a fault: what it is and where it was thrown, without a word that anybody said or wrote. */
export interface BareFault {
  /** Of an AppError its code, else the name of its class. */
  readonly code: string
  readonly says: string
  /** Facts that are no words. */
  readonly facts: Readonly<Record<string, number | boolean>>
  readonly at: readonly string[]
  readonly cause: BareFault | undefined
}

/** Source: the frames that lead to a fault; deeper ones are those of every request. */
const MOST_FRAMES = 12
const MOST_CAUSES = 5

export function bareFault(fault: unknown, causes = MOST_CAUSES): BareFault {
  const isOurs = fault instanceof AppError
  const isError = fault instanceof Error
  const wordless = isOurs
    ? Object.entries(fault.facts).filter((entry): entry is [string, number | boolean] => /^(?:number|boolean)$/.test(typeof entry[1]))
    : []
  return {
    code: isOurs ? fault.code : isError ? nameOf(fault) : typeof fault,
    says: ERRORS[isOurs ? fault.code : 'internal'].says,
    facts: Object.fromEntries(wordless),
    at: isError ? framesOf(fault) : [],
    cause: isError && fault.cause !== undefined && causes > 0 ? bareFault(fault.cause, causes - 1) : undefined,
  }
}

function nameOf({ name }: Error): string {
  return /^[A-Za-z]{1,40}$/.test(name) ? name : 'Error'
}

/** A message may look like a frame: only what stands after it counts. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const from = stack.indexOf(message)
  if (from < 0) return []
  const lines = stack.slice(from + message.length).split('\n')
  return lines
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .slice(0, MOST_FRAMES)
}
