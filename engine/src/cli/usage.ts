import { stripVTControlCharacters } from 'node:util'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { UsageDimension } from '../domain/usage.ts'
import { limit } from './arguments.ts'
import { allDatabases, printJson } from './manage.ts'
import type { Session } from './session.ts'
import { bytes, money, paint, printable, say, table, wrap } from './show.ts'
import { allUsers } from './users.ts'
import { widthOf } from './width.ts'

type Usage = ReplyOf<Routes['usage']>
type Line = Usage['lines'][number]

export interface UsageOptions {
  readonly from?: string
  readonly to?: string
  readonly by?: readonly UsageDimension[]
  readonly database?: string
  readonly key?: string
  readonly everyone?: boolean
  readonly csv?: boolean
  readonly json?: boolean
}

export async function showUsage(session: Session, options: UsageOptions): Promise<void> {
  const { client, signal } = session
  const query = {
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.by === undefined ? {} : { by: options.by.join(',') }),
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.everyone === true ? { everyone: 'true' as const } : {}),
  }
  if (options.csv === true) return printCsv(await client.download('usageCsv', { query, signal }))
  const usage = await client.call('usage', { query, signal })
  if (options.json === true) return printJson(usage)
  const period = usage.from === usage.to ? `on ${usage.from}` : `from ${usage.from} to ${usage.to}`
  if (usage.lines.length === 0) return console.log(`Nothing was used ${period}.`)
  const { text, isNarrow } = usageTable(usage, await namesFor(session, usage, options.everyone === true))
  console.log(text)
  const of = options.everyone === true ? 'the whole server' : 'your account'
  const notes = [`Used ${period} by ${of}; days are those of UTC.`]
  if (isNarrow) notes.push('Columns were left out for lack of room; --json and --csv have all.')
  if (!usage.complete) notes.push('There is more: ask for fewer days, or group by less.')
  console.log(paint('dim', wrap(notes.join(' '))))
}

async function printCsv(content: ReadableStream<Uint8Array>): Promise<void> {
  for await (const piece of content) process.stdout.write(piece)
}

interface Column {
  readonly heading: string
  readonly cell: (line: Line) => string
  /** The sum of all lines; undefined where summing means nothing. */
  readonly sum?: (lines: readonly Line[]) => string
  /** Shown although no line has anything there. */
  readonly always?: boolean
}

const count = (field: 'requests' | 'questions' | 'input_tokens' | 'output_tokens' | 'embedded_tokens') => ({
  cell: (line: Line) => line[field].toLocaleString('en'),
  sum: (lines: readonly Line[]) => lines.reduce((total, line) => total + line[field], 0).toLocaleString('en'),
})

/** The least important last: on a narrow terminal they are left out from there. */
const COLUMNS: readonly Column[] = [
  { heading: 'requests', always: true, ...count('requests') },
  { heading: 'cost', always: true, cell: (line) => money(line.cost_usd), sum: (lines) => money(lines.reduce((total, line) => total + line.cost_usd, 0)) },
  { heading: 'questions', ...count('questions') },
  { heading: 'tokens in', ...count('input_tokens') },
  { heading: 'out', ...count('output_tokens') },
  { heading: 'stored', cell: (line) => (line.stored_bytes === null ? '' : bytes(line.stored_bytes)) },
  { heading: 'embedded', ...count('embedded_tokens') },
  { heading: 'chunks', cell: (line) => (line.chunks === null ? '' : line.chunks.toLocaleString('en')) },
]
const ORDER = ['requests', 'questions', 'tokens in', 'out', 'embedded', 'stored', 'chunks', 'cost']

/** @param columns of the terminal; undefined where there is no limit */
export function usageTable(
  { by, lines }: Pick<Usage, 'by' | 'lines'>,
  nameOf: (dimension: UsageDimension, id: string) => string,
  columns: number | undefined = process.stdout.columns,
): { readonly text: string; readonly isNarrow: boolean } {
  const first = by.map((dimension) => [dimension, ...lines.map((line) => shownId(line[dimension], dimension, nameOf))])
  const useful = COLUMNS.filter(({ always, cell }) => always === true || lines.some((line) => !/^(?:0|)$/.test(cell(line))))
  const withSums = lines.length > 1 || by.length === 0
  const numbers = useful.map(({ heading, cell, sum }) => ({
    heading,
    cells: [heading, ...lines.map(cell), ...(withSums && by.length > 0 ? [sum?.(lines) ?? ''] : [])],
  }))
  const labels = first.map((cells, index) => (withSums ? [...cells, index === 0 ? 'all' : ''] : cells))
  const widths = (cells: readonly string[]) => Math.max(...cells.map((cell) => widthOf(stripVTControlCharacters(cell)))) + 2
  const least = labels.reduce((total, cells, index) => total + (index === labels.length - 1 ? Math.min(14, widths(cells)) : widths(cells)), 0)
  let fitting = numbers.length
  const room = (columns ?? Number.POSITIVE_INFINITY) + 2
  while (fitting > 2 && least + numbers.slice(0, fitting).reduce((total, { cells }) => total + widths(cells), 0) > room) fitting -= 1
  const shown = numbers.slice(0, fitting).sort((left, right) => ORDER.indexOf(left.heading) - ORDER.indexOf(right.heading))
  const all = [...labels, ...shown.map(({ cells }) => cells)]
  const rows = (all[0] ?? []).map((_, row) => all.map((cells) => cells[row] ?? ''))
  const right = shown.map((_, index) => labels.length + index)
  const text = table(rows, { right, ...(labels.length === 0 ? {} : { flexible: labels.length - 1 }), ...(columns === undefined ? {} : { columns }) })
  const [heading = '', ...rest] = text.split('\n')
  return { text: [paint('dim', heading), ...rest].join('\n'), isNarrow: fitting < numbers.length }
}

function shownId(id: string | null, dimension: UsageDimension, nameOf: (dimension: UsageDimension, id: string) => string): string {
  return id === null ? '-' : printable(dimension === 'day' ? id : nameOf(dimension, id))
}

/** Names instead of ids, as far as they can be looked up; what is gone stays an id. */
async function namesFor(session: Session, { by }: Usage, everyone: boolean): Promise<(dimension: UsageDimension, id: string) => string> {
  const { client, signal } = session
  const names = new Map<string, string>()
  if (by.includes('database')) for (const { id, name } of await allDatabases(session)) names.set(id, name)
  if (by.includes('key')) for (const { id, name } of (await client.call('listKeys', { signal })).keys) names.set(id, name)
  if (by.includes('publication')) for (const { id, title } of (await client.call('listPublications', { signal })).publications) names.set(id, title)
  if (by.includes('account') && everyone) for (const { id, email } of await allUsers(session)) if (email !== null) names.set(id, email)
  return (_, id) => names.get(id) ?? id
}

const WHAT: Readonly<Record<ReplyOf<Routes['limits']>['limits'][number]['what'], string>> = {
  requests: 'requests',
  tokens: 'model tokens',
  streams: 'open streams',
  stored_bytes: 'stored',
  spend_usd: 'cost of models',
}

export async function showLimits({ client, signal }: Session, options: { readonly json?: boolean }): Promise<void> {
  const { limits } = await client.call('limits', { signal })
  if (options.json === true) return printJson(limits)
  if (limits.length === 0) return console.log('No limits hold for you.')
  const rows = limits.map(({ of, what, window, most, remaining, resets_at }) => {
    const amount = what === 'spend_usd' ? money : what === 'stored_bytes' ? bytes : (value: number) => value.toLocaleString('en')
    const per = window === null ? '' : ` a ${window}`
    const until = resets_at === null || window === 'minute' || remaining === most ? '' : `until ${resets_at.slice(0, 16).replace('T', ' ')} UTC`
    return [of, `${WHAT[what]}${per}`, amount(most), remaining === null ? '' : `${amount(remaining)} left`, until]
  })
  const columns = process.stdout.columns ?? 110
  const shown = columns < 70 ? rows.map((row) => row.slice(1, 4)) : rows
  console.log(table(shown, { right: columns < 70 ? [1, 2] : [2, 3], flexible: columns < 70 ? 0 : 1 }))
}

/** The budget of the whole server for models; changes it first when that is asked. */
export async function showCaps(
  { client, signal }: Session,
  options: { readonly perDay?: number | 'none'; readonly perMonth?: number | 'none'; readonly json?: boolean },
): Promise<void> {
  const body = { ...limit('per_day_usd', options.perDay), ...limit('per_month_usd', options.perMonth) }
  const caps = Object.keys(body).length === 0 ? await client.call('spendCaps', { signal }) : await client.call('setSpendCaps', { body, signal })
  if (options.json === true) return printJson(caps)
  const cap = (amount: number | null) => (amount === null ? 'no cap' : `of ${money(amount)}`)
  console.log(
    table(
      [
        ['today', money(caps.spent_today_usd), cap(caps.per_day_usd)],
        ['this month', money(caps.spent_this_month_usd), cap(caps.per_month_usd)],
      ],
      { right: [1] },
    ),
  )
  if (caps.per_day_usd !== null || caps.per_month_usd !== null) say('When it is used up, models are asked nothing more; searching by words goes on.')
}

export interface AuditOptions {
  readonly limit?: number
  readonly action?: string
  readonly actor?: string
  readonly check?: boolean
  readonly json?: boolean
}

/** Who did what, newest first. @returns 1 when the log was found changed */
export async function showAudit(session: Session, options: AuditOptions): Promise<number> {
  const { client, signal } = session
  if (options.check === true) return checkAudit(session, options)
  const wanted = options.limit ?? 50
  const entries: ReplyOf<Routes['audit']>['entries'] = []
  let before: number | null = null
  do {
    const query: { limit: number; before?: number; action?: string; actor?: string } = {
      limit: Math.max(1, Math.min(200, wanted - entries.length)),
      ...(before === null ? {} : { before }),
      ...(options.action === undefined ? {} : { action: options.action }),
      ...(options.actor === undefined ? {} : { actor: options.actor }),
    }
    const page: ReplyOf<Routes['audit']> = await client.call('audit', { query, signal })
    entries.push(...page.entries)
    before = page.next_before
  } while (before !== null && entries.length < wanted)
  if (options.json === true) printJson(entries)
  else if (entries.length === 0) console.log('There is nothing in the log.')
  else for (const line of auditLines(entries, new Map((await allUsers(session)).map(({ id, email }) => [id, email ?? id])))) console.log(line)
  return 0
}

async function checkAudit({ client, signal }: Session, options: { readonly json?: boolean }): Promise<number> {
  const { sound, first_fault: fault } = await client.call('checkAudit', { signal })
  if (options.json === true) printJson({ sound, first_fault: fault })
  else
    console.log(
      sound ? `${paint('green', 'sound')}  no entry was changed or taken out` : `${paint('red', 'changed')}  entry ${fault} does not fit the one before it`,
    )
  return sound ? 0 : 1
}

/** One line each, two on a narrow terminal. */
function auditLines(entries: ReplyOf<Routes['audit']>['entries'], names: ReadonlyMap<string, string>): string[] {
  const named = (id: string | null) => (id === null ? '' : (names.get(id) ?? id))
  const narrow = (process.stdout.columns ?? 110) < 80
  return entries.map(({ at, actor_kind, actor_id, action, target, address, facts }) => {
    const who = `${actor_kind === 'user' ? '' : `${actor_kind} `}${named(actor_id)}`.trim()
    const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
    const about = [named(target), ...told, address === null ? '' : `from ${address}`].filter((part) => part !== '').join(', ')
    const first = `${paint('dim', at.slice(0, 19).replace('T', ' '))}  ${paint('bold', printable(action))}`
    const rest = wrap(`${who}${about === '' ? '' : `: ${about}`}`, narrow ? '  ' : '      ')
    return `${first}\n${rest}`
  })
}
