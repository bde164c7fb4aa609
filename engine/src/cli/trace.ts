import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { AppError } from '../domain/errors.ts'
import { allDatabases, printJson } from './manage.ts'
import type { Session } from './session.ts'
import { cut, duration, money, paint, plural, printable, table, wrap } from './show.ts'
import { replay } from './trace-replay.ts'

export type Trace = ReplyOf<Routes['getTrace']>
type Listed = ReplyOf<Routes['listTraces']>['traces'][number]

export interface TraceOptions {
  readonly database?: string
  readonly conversation?: string
  readonly limit?: number
  readonly full?: boolean
  readonly replay?: boolean
  readonly json?: boolean
}

const OUTCOME_COLOURS = { answered: 'green', 'not-answered': 'yellow', withheld: 'yellow', refused: 'yellow', failed: 'red', stopped: 'red' } as const
const VERDICT_COLOURS = { verified: 'green', weak: 'yellow', unsupported: 'red', uncited: 'dim' } as const
/** Digits of an id that a list shows: as many as tell some thousand apart. */
const SHORT = 10
/** How far back the beginning of an id is looked for. */
const MOST_LOOKED_AT = 2000
/** Of a prompt or a reply, in characters, unless all is asked for. */
const SHOWN = 700

export async function trace(session: Session, id: string | undefined, options: TraceOptions): Promise<void> {
  if (id === undefined) return listTraces(session, options)
  const { client, signal } = session
  const found = await client.call('getTrace', { parameters: { trace: await wholeId(session, id.toLowerCase()) }, signal })
  if (options.replay === true) return replay(session, found, options)
  if (options.json === true) return printJson(found)
  showTrace(found, new Map((await allDatabases(session)).map(({ id: database, name }) => [database, name])), options.full === true)
}

/** Newest first. */
async function* pages({ client, signal }: Session, options: TraceOptions): AsyncGenerator<Listed> {
  const narrowed = {
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.conversation === undefined ? {} : { conversation: options.conversation }),
  }
  for (let cursor: string | undefined; ; ) {
    const page: ReplyOf<Routes['listTraces']> = await client.call('listTraces', {
      query: { limit: 200, ...narrowed, ...(cursor === undefined ? {} : { cursor }) },
      signal,
    })
    yield* page.traces
    if (page.next_cursor === null) return
    cursor = page.next_cursor
  }
}

/** Lists show the beginning of an id. @throws trace/not-found, also when several begin so */
async function wholeId(session: Session, begun: string): Promise<string> {
  if (begun.length >= 32) return begun
  const ids: string[] = []
  let looked = 0
  for await (const { id } of pages(session, {})) {
    looked += 1
    if (id.startsWith(begun)) ids.push(id)
    if (looked >= MOST_LOOKED_AT) break
  }
  const [only] = ids
  if (only === undefined || ids.length > 1) throw new AppError('trace/not-found', { trace: begun, ...(ids.length > 1 ? { several: ids.slice(0, 5) } : {}) })
  return only
}

async function listTraces(session: Session, options: TraceOptions): Promise<void> {
  const wanted = options.limit ?? 20
  const found: Listed[] = []
  for await (const one of pages(session, options)) {
    found.push(one)
    if (found.length >= wanted) break
  }
  if (options.json === true) return printJson(found)
  if (found.length === 0) return console.log('No answers are kept here.')
  const rows = found.map(({ id, started_at, outcome, ms, cost_usd, question }) => [
    paint('cyan', id.slice(0, SHORT)),
    started_at.slice(0, 16).replace('T', ' '),
    paint(OUTCOME_COLOURS[outcome], outcome),
    duration(ms),
    cost_usd === null ? '' : money(cost_usd),
    cut(question, 200),
  ])
  const columns = process.stdout.columns ?? 110
  // Where there is little room the question counts more than when and how long.
  const shown = columns < 76 ? rows.map((row) => [row[0] ?? '', row[2] ?? '', row[5] ?? '']) : rows
  console.log(table(shown, columns < 76 ? { flexible: 2, columns } : { right: [3, 4], flexible: 5, columns }))
}

function showTrace(found: Trace, names: ReadonlyMap<string, string>, full: boolean): void {
  const named = (id: string) => printable(names.get(id) ?? id)
  const began = Date.parse(found.started_at)
  const { outcome, writer, ms, usage, cost_usd: cost, error } = found
  console.log(paint('bold', wrap(found.question)))
  const spent = [duration(ms), ...(usage === null ? [] : [tokensOf(usage)]), ...(cost === null ? [] : [money(cost)])]
  console.log(`${paint(OUTCOME_COLOURS[outcome], outcome)}  ${printable(writer)}, ${spent.join(', ')}`)
  if (error !== null) console.log(paint('red', wrap(error)))
  console.log(paint('dim', wrap(`${found.started_at.slice(0, 19).replace('T', ' ')} UTC, ${found.databases.map(named).join(', ')}, trace ${found.id}`)))
  showSteps(found, began)
  for (const search of found.searches) showSearch(search, named)
  for (const call of found.calls) showCall(call, full)
  if (found.sentences.length > 0) heading('Sentences')
  for (const { text, verdict, citations, reason } of found.sentences) {
    const marks = citations.map((each) => `[${each}]`).join('')
    console.log(`  ${paint(VERDICT_COLOURS[verdict], verdict)}${marks === '' ? '' : ` ${paint('cyan', marks)}`}`)
    console.log(wrap(text, '    '))
    if (reason !== null) console.log(paint('dim', wrap(reason, '    ')))
  }
  if (found.text !== '' && found.sentences.length === 0) {
    heading('Answer')
    console.log(wrap(found.text, '  '))
  }
  const settings = Object.entries(found.settings).map(([name, value]) => `${name} ${value}`)
  if (settings.length > 0) {
    heading('Asked with')
    console.log(wrap(settings.join(', '), '  '))
  }
}

function showSteps({ steps }: Trace, began: number): void {
  if (steps.length === 0) return
  heading('Steps')
  const rows = steps.map(({ node, started_at, ms, note }) => [`  +${duration(Date.parse(started_at) - began)}`, node, duration(ms), note ?? ''])
  const all = table(
    rows.map((row) => row.slice(0, 3)),
    { right: [0, 2] },
  ).split('\n')
  for (const [index, line] of all.entries()) {
    console.log(line)
    const note = rows[index]?.[3] ?? ''
    if (note !== '') console.log(paint('dim', wrap(note, '      ')))
  }
}

function showSearch(search: Trace['searches'][number], named: (id: string) => string): void {
  const { query, database_id, mode, model, reranker, cached, models, degraded, ms, hits } = search
  heading(`Search in ${named(database_id)}`)
  console.log(wrap(`“${query.replace(/\s+/g, ' ')}”`, '  '))
  const how = [
    mode === 'hybrid' ? `hybrid with ${model}` : 'lexical',
    ...(reranker === null ? [] : [`ordered by ${reranker}`]),
    ...(cached ? ['found before'] : []),
    duration(ms),
  ]
  console.log(paint('dim', wrap(`${how.join(', ')}; ${plural(hits.length, 'hit')}`, '  ')))
  for (const use of models) console.log(paint('dim', wrap(usedOf(use), '  ')))
  if (degraded !== null) console.log(paint('yellow', wrap(degraded, '  ')))
  const rows = hits.map(({ name, score, dense, lexical }, index) => [
    `  ${index + 1}`,
    score.toFixed(3),
    dense === null ? '' : `meaning ${dense.toFixed(3)}`,
    lexical === null ? '' : `words ${lexical.toFixed(2)}`,
    cut(name, 200),
  ])
  if (rows.length > 0) console.log(table(rows, { right: [0], flexible: 4, columns: process.stdout.columns ?? 110 }))
}

function usedOf({ purpose, model, tokens, searches, ms, cost_usd: cost }: Trace['searches'][number]['models'][number]): string {
  const taken = searches > 0 ? plural(searches, 'search', 'searches') : plural(tokens, 'token')
  return `${purpose === 'embed' ? 'embedded' : 'ordered'} by ${model}: ${taken}, ${duration(ms)}, ${cost === null ? 'cost not known' : money(cost)}`
}

function showCall(call: Trace['calls'][number], full: boolean): void {
  const { purpose, model, system, messages, reply, ms, ms_to_first: first, usage, cost_usd: cost, error } = call
  heading(`Model for ${purpose}`)
  const facts = [`${duration(ms)}${first === null ? '' : `, the first words after ${duration(first)}`}`]
  if (usage !== null) facts.push(tokensOf(usage))
  if (cost !== null) facts.push(money(cost))
  console.log(paint('dim', wrap(`${model}, ${facts.join(', ')}`, '  ')))
  if (error !== null) console.log(paint('red', wrap(error, '  ')))
  said('system', system, full)
  for (const { role, text } of messages) said(role, text, full)
  said('reply', reply, full)
}

function said(who: string, text: string, full: boolean): void {
  if (text === '') return
  const shown = full || text.length <= SHOWN ? text : text.slice(0, SHOWN).toWellFormed()
  console.log(`  ${paint('cyan', who)}`)
  console.log(wrap(shown.trimEnd(), '    '))
  if (shown.length < text.length) console.log(paint('dim', `    … ${(text.length - shown.length).toLocaleString('en')} characters more: --full shows them`))
}

function heading(text: string): void {
  console.log(`\n${paint('bold', text)}`)
}

function tokensOf({ input_tokens: read, output_tokens: written }: NonNullable<Trace['usage']>): string {
  return `${read.toLocaleString('en')} tokens in, ${written.toLocaleString('en')} out`
}
