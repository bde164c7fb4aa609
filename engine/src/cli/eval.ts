import { readFileSync } from 'node:fs'
import type { EventOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { MEASURES, type Measure } from '../domain/evaluation.ts'
import type { Session } from './session.ts'
import { cut, duration, money, paint, plural, printable, say, table } from './show.ts'
import { CommandFault } from './words.ts'

export interface EvalOptions {
  /** A file of JSON lines instead of the golden set that is kept. */
  readonly golden?: string
  readonly n?: number
  readonly answers: boolean
  readonly version?: string
  readonly model?: string
  readonly dense?: number
  readonly against?: readonly string[]
  readonly min?: readonly Floor[]
  readonly seed?: number
  readonly json?: boolean
  readonly all?: boolean
}

export interface Floor {
  readonly measure: Measure
  readonly least: number
}

type Events = EventOf<Routes['evaluate']>
type End = Extract<Events, { event: 'evaluation-end' }>['data']
type Case = Extract<Events, { event: 'case-evaluated' }>['data']

/**
 * Measures a database by its golden set and prints what was found.
 * @returns 1 when a measure lies below the least that was asked for, or cannot be told
 */
export async function evaluate(session: Session, database: string, options: EvalOptions): Promise<number> {
  const { client, signal } = session
  const settings = [
    await settingOf(session, database, settingTexts(options)),
    ...(await Promise.all(others(options).map((texts) => settingOf(session, database, texts)))),
  ]
  const body = {
    answers: options.answers,
    settings,
    ...(options.golden === undefined ? {} : { cases: readCases(options.golden) }),
    ...(options.n === undefined ? {} : { n_results: options.n }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  }
  const poor: Case[] = []
  const missing = new Set<string>()
  let total = 0
  let end: End | undefined
  for await (const { event, data } of client.stream('evaluate', { parameters: { database }, body, signal })) {
    if (options.json === true) console.log(JSON.stringify({ event, data }))
    if (event === 'evaluation-start') total = data.cases
    if (event === 'case-evaluated') {
      if (data.setting === 0 && isPoor(data)) poor.push(data)
      for (const document of data.missing) missing.add(document)
      if (process.stderr.isTTY && data.setting === 0) process.stderr.write(`\r${data.index + 1} of ${total} `)
    }
    if (event === 'evaluation-end') end = data
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  if (end === undefined) throw new CommandFault('The evaluation ended without a result.', 'Run it again.')
  const missed = missedFloors(end, options.min ?? [])
  if (options.json !== true) print(end, poor, { all: options.all === true, kinds: settings.length })
  warnOfMissing([...missing], options.all === true)
  for (const line of missed) console.error(paint('red', line, process.stderr))
  return missed.length > 0 ? 1 : 0
}

const NAMES: Readonly<Record<Measure, string>> = {
  'recall@5': 'documents found among the first 5',
  'recall@10': 'documents found among the first 10',
  mrr: '1 / rank of the first right document',
  'ndcg@10': 'order of the first 10',
  'page-recall@5': 'pages found',
  answered: 'answerable questions that were answered',
  refused: 'unanswerable questions that were refused',
  'citation-precision': 'citations of a right document',
  'citation-recall': 'right documents that are cited',
  'page-precision': 'citations of a right page',
  groundedness: 'sentences that their sources support',
  'answer-recall': 'words of the wanted answer that it has',
}

function print({ reports, differences }: End, poor: readonly Case[], { all, kinds }: { readonly all: boolean; readonly kinds: number }): void {
  const [first, second] = reports
  if (first === undefined) return
  const interval = ({ mean, low, high }: { mean: number; low: number; high: number }) =>
    `${mean.toFixed(3)}  ${`${low.toFixed(2)}-${high.toFixed(2)}`.padStart(9)}`
  const rows = MEASURES.flatMap((measure) => {
    const [one, two, change] = [first.measures[measure], second?.measures[measure], differences[measure]]
    if (one === undefined && two === undefined) return []
    const compared = kinds < 2 ? [] : [two === undefined ? '' : two.mean.toFixed(3), change === undefined ? '' : changed(change)]
    return [[measure, one === undefined ? '' : interval(one), ...compared, String((one ?? two)?.cases ?? 0), NAMES[measure]]]
  })
  const head = ['', 'mean   95 % in', ...(kinds < 2 ? [] : ['against', 'difference']), 'cases', '']
  console.log(table([head, ...rows], { styles: ['bold'], right: [kinds < 2 ? 2 : 4], flexible: kinds < 2 ? 3 : 5 }))
  for (const [index, report] of reports.entries()) {
    const times = [`search ${duration(report.search_ms.p50)} (p95 ${duration(report.search_ms.p95)})`]
    if (report.first_ms !== null) times.push(`first word ${duration(report.first_ms.p50)} (p95 ${duration(report.first_ms.p95)})`)
    if (report.answer_ms !== null) times.push(`answer ${duration(report.answer_ms.p50)} (p95 ${duration(report.answer_ms.p95)})`)
    const cost = report.cost_usd === null ? 'cost not known' : money(report.cost_usd)
    const failed = report.failed === 0 ? '' : `, ${plural(report.failed, 'question')} failed`
    console.log(
      paint('dim', `\n${kinds < 2 ? '' : `${index === 0 ? 'first' : 'against'}: `}${plural(report.cases, 'question')}; ${times.join(', ')}; ${cost}${failed}`),
    )
  }
  const shown = all ? poor : poor.slice(0, 5)
  if (shown.length > 0)
    console.log(`\n${paint('bold', poor.length > shown.length ? `Look at these (${shown.length} of ${poor.length}; all with --all):` : 'Look at these:')}`)
  for (const one of shown) {
    console.log(`  ${cut(one.question, 90)}`)
    console.log(paint('dim', `    ${printable(toldOf(one))}`))
  }
}

function toldOf({ error, answer, found, missing }: Case): string {
  if (error !== null) return error
  const nearest = `found first: ${found.slice(0, 2).join(', ') || 'nothing'}`
  const told = answer === null ? nearest : answer.answered ? `cites ${answer.cited.join(', ') || 'nothing'}` : `not answered; ${nearest}`
  return missing.length === 0 ? told : `not in the database: ${missing.join(', ')}; ${told}`
}

/** Of what cases name; a case counts all the same. */
function warnOfMissing(documents: readonly string[], all = false): void {
  if (documents.length === 0) return
  const shown = all ? documents : documents.slice(0, 10)
  const rest = documents.length === shown.length ? '' : ` and ${documents.length - shown.length} more`
  say(`Not in the database, although cases name them: ${shown.join(', ')}${rest}. Look for typing errors, or upload them.`)
}

/** More than chance when the interval leaves out zero. */
function changed({ mean, low, high }: { readonly mean: number; readonly low: number; readonly high: number }): string {
  const sign = mean >= 0 ? '+' : ''
  const text = `${sign}${mean.toFixed(3)}  ${low.toFixed(2)} to ${high.toFixed(2)}`
  if (low > 0) return paint('green', text)
  return high < 0 ? paint('red', text) : text
}

function isPoor({ measures, error, missing }: Case): boolean {
  if (error !== null || missing.length > 0) return true
  return (
    measures['recall@5'] === 0 || measures.answered === 0 || measures.refused === 0 || measures['citation-recall'] === 0 || (measures.groundedness ?? 1) < 1
  )
}

function missedFloors({ reports }: End, floors: readonly Floor[]): string[] {
  return floors.flatMap(({ measure, least }) => {
    const mean = reports.at(-1)?.measures[measure]?.mean
    if (mean === undefined) return [`${measure} cannot be told: no case has it.`]
    return mean + 1e-9 < least ? [`${measure} is ${mean.toFixed(3)}, less than ${least}.`] : []
  })
}

/** `--against version=2`, `model=extractive`, `dense=0.7`: what is different about the other setting. */
interface SettingTexts {
  readonly version?: string
  readonly model?: string
  readonly dense?: number
}

function settingTexts({ version, model, dense }: EvalOptions): SettingTexts {
  return { ...(version === undefined ? {} : { version }), ...(model === undefined ? {} : { model }), ...(dense === undefined ? {} : { dense }) }
}

function others(options: EvalOptions): readonly SettingTexts[] {
  const { against } = options
  if (against === undefined) return []
  const texts: { version?: string; model?: string; dense?: number } = { ...settingTexts(options) }
  for (const part of against) {
    const [name, ...rest] = part.split('=')
    const value = rest.join('=')
    if (name === 'version') texts.version = value
    else if (name === 'model') texts.model = value
    else if (name === 'dense' && Number(value) >= 0 && Number(value) <= 1) texts.dense = Number(value)
    else
      throw new CommandFault(
        `--against does not take "${part}".`,
        'It takes version=NUMBER, model=PROVIDER:NAME, model=extractive or dense=0..1, several with blanks between.',
      )
  }
  return [texts]
}

async function settingOf({ client, signal }: Session, database: string, { version, model, dense }: SettingTexts) {
  if (version === undefined) return { ...chosen(model, dense) }
  const { versions } = await client.call('listVersions', { parameters: { database }, signal })
  const found = versions.find(({ id, ordinal }) => id === version || String(ordinal) === version)
  if (found === undefined) throw new CommandFault(`The database has no index version ${version}.`, 'List them with "quarry versions DATABASE".')
  return { version: found.id, ...chosen(model, dense) }
}

function chosen(model: string | undefined, dense: number | undefined) {
  return {
    ...(model === undefined ? {} : { chat_model: model }),
    ...(dense === undefined ? {} : { weights: { dense, lexical: Math.round((1 - dense) * 1000) / 1000 } }),
  }
}

interface FileCase {
  readonly question: string
  readonly answerable?: boolean
  readonly expected?: string[]
  readonly pages?: { of: string; page: number }[]
  readonly answer?: string
}

/** JSON lines, or one JSON list; the server checks what they hold. */
function readCases(path: string): FileCase[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch {
    throw new CommandFault(`The file ${path} cannot be read.`, 'Name a file of JSON lines, one case each: {"question": "…", "expected": ["file.pdf"]}')
  }
  const pieces = text.startsWith('[') ? [text] : text.split('\n').filter((line) => line.trim() !== '')
  return pieces.flatMap((piece, index) => {
    try {
      return JSON.parse(piece) as FileCase | FileCase[]
    } catch {
      throw new CommandFault(`Line ${index + 1} of ${path} is not JSON.`, 'Each line is one case: {"question": "…", "expected": ["file.pdf"]}')
    }
  })
}

/** Adds the cases of a file to the golden set that is kept. */
export async function addGolden({ client, signal }: Session, database: string, path: string): Promise<void> {
  const cases = readCases(path)
  const missing = new Set<string>()
  for (let from = 0; from < cases.length; from += 500) {
    const kept = await client.call('putGolden', { parameters: { database }, body: { cases: cases.slice(from, from + 500) }, signal })
    for (const document of kept.cases.flatMap((one) => one.missing)) missing.add(document)
  }
  say(`${plural(cases.length, 'case')} added to the golden set.`)
  warnOfMissing([...missing])
}

/** As JSON lines, in the form that files of cases have. */
export async function listGolden({ client, signal }: Session, database: string, options: { readonly json?: boolean }): Promise<void> {
  let cursor: string | undefined
  let count = 0
  const missing = new Set<string>()
  do {
    const page = await client.call('listGolden', { parameters: { database }, query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) }, signal })
    for (const { id, question, answerable, expected, pages, answer, missing: some } of page.cases) {
      count += 1
      for (const document of some) missing.add(document)
      if (options.json === true) console.log(JSON.stringify({ question, answerable, expected, pages, ...(answer === null ? {} : { answer }) }))
      else
        console.log(
          `${paint('dim', id)}  ${cut(question, 70)}  ${answerable ? paint('dim', cut(expected.join(', '), 60)) : paint('yellow', 'should be refused')}`,
        )
    }
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  warnOfMissing([...missing])
  if (count === 0) say('The golden set is empty. Add cases from a file with "quarry golden add DATABASE FILE", or from good answers in the chat.')
}

export async function removeGolden({ client, signal }: Session, database: string, id: string): Promise<void> {
  await client.call('removeGolden', { parameters: { database, case: id }, signal })
}
