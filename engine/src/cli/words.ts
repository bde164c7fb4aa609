import { ERRORS, isErrorCode } from '../domain/errors.ts'
import { duration, printable } from './show.ts'

/** An error as a server told it; a code or fact that is unknown here is told as it stands. */
export interface Told {
  readonly code: string
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly hint: string
}

/** What was asked of the command line cannot be done, with what to do instead; both whole sentences. */
export class CommandFault extends Error {
  readonly hint: string
  constructor(says: string, hint: string) {
    super(says)
    this.name = 'CommandFault'
    this.hint = hint
  }
}

/** Facts whose value says enough by itself. */
const SUBJECTS: ReadonlySet<string> = new Set([
  'reason',
  'database',
  'document',
  'version',
  'job',
  'model',
  'name',
  'how',
  'problems',
  'fault',
  'folder',
  'file',
])
/** Facts for programs: a person does not know them. */
const UNTOLD: ReadonlySet<string> = new Set(['documentId', 'sha256', 'in', 'size', 'unit', 'service'])
const LEADS: Readonly<Record<string, string>> = {
  said: 'it said',
  limit: 'the limit is',
  part: 'in',
  mediaType: 'it is',
  state: 'it is',
  at: 'at',
  providers: 'known are',
  scope: 'it needs the right',
  needs: 'it needs',
}

/** An error as one sentence for a person, its facts in words: "The document is damaged and cannot be read: no readable page." */
export function sentenceOf({ code, message, facts }: Pick<Told, 'code' | 'message' | 'facts'>): string {
  if (!isErrorCode(code)) return printable(message)
  const plain = inPlainWords(code, facts)
  if (plain !== undefined) return printable(plain)
  // The form of a request is the command line's business, not that of the person at it.
  const says = code === 'request/invalid' ? 'That cannot be done' : ERRORS[code].says.replace(/\.$/, '')
  const told = inWords(facts)
  return told === '' ? `${says}.` : `${says}: ${printable(told).replace(/[.:\s]+$/, '')}.`
}

/** The hint with commands as they are typed here: "quarry list" or "npx quarry list". */
export function hintOf({ code, hint, facts = {} }: Pick<Told, 'code' | 'hint'> & { readonly facts?: Told['facts'] }, command: string): string {
  if (code === 'request/invalid') return `"${command} --help" tells what each command takes.`
  const { retry_after: seconds } = facts
  if (code.startsWith('limit/') && typeof seconds === 'number') return asTyped(`Wait ${waiting(seconds)}; "quarry limits" tells what is left.`, command)
  if (code === 'auth/forbidden')
    return asTyped('"quarry whoami" tells what you may do; ask an owner of the server, or who owns the database, for more.', command)
  // Routes are for programs.
  return asTyped(printable(hint).replace(/(?: with| or) (?:GET|POST|PATCH|DELETE) \/\S*[^\s.,;]/g, ''), command)
}

/** What facts for programs mean to a person; undefined where the sentence of the table and its facts say it. */
function inPlainWords(code: string, facts: Told['facts']): string | undefined {
  const { role, invites, scope, needs, window_seconds: seconds, most } = facts
  if (code === 'auth/forbidden') {
    if (typeof role === 'string' && typeof invites === 'string') return `A ${role} cannot invite a ${invites}.`
    if (role === 'owner') return 'Only an owner of this server may do this.'
    if (typeof scope === 'string') return `You may not do this here: it needs the right to ${scope}.`
    if (needs === 'operator') return 'Only who sits at the machine of the server may do this.'
  }
  if (code === 'account/last-owner') return 'The server needs an owner: the last one, and the first account, stay.'
  if (code === 'limit/rate' && typeof seconds === 'number' && typeof most === 'number') {
    return `Too many requests: ${most.toLocaleString('en')} are free in ${waiting(seconds)}.`
  }
  return undefined
}

function waiting(seconds: number): string {
  return seconds >= 172_800 ? `${Math.round(seconds / 86_400)} days` : duration(seconds * 1000, 'rough')
}

/** Commands in a text, such as "quarry login", as the person calls this program. */
export function asTyped(text: string, command: string): string {
  return text.replaceAll('"quarry ', `"${command} `)
}

function inWords(facts: Told['facts']): string {
  const { at, expected, got, missing, ...others } = facts
  const parts: string[] = []
  if (missing !== undefined) parts.push(`${shown(missing)} is missing`)
  if (expected !== undefined) {
    const place = at === undefined ? '' : `${shown(at)}: `
    parts.push(`${place}expected ${shown(expected)}${got === undefined ? '' : `, not ${shown(got)}`}`)
  } else if (at !== undefined) parts.push(`at ${shown(at)}`)
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined || UNTOLD.has(name)) continue
    const unit = name === 'limit' && typeof facts.unit === 'string' ? ` ${facts.unit}` : ''
    if (SUBJECTS.has(name)) parts.push(shown(value))
    else
      parts.push(
        `${
          LEADS[name] ??
          name
            .replace(/([a-z])([A-Z])/g, '$1 $2')
            .replaceAll('_', ' ')
            .toLowerCase()
        } ${shown(value)}${unit}`,
      )
  }
  return parts.join('; ')
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(shown).join(', ')
  return typeof value === 'number' ? value.toLocaleString('en') : String(value)
}
