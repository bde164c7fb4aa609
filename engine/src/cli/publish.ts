import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { GUARD_ACTIONS, GUARD_TOPICS, type GuardAction, type GuardTopic, type Strictness } from '../domain/answering.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { columnsOf, cut, paint, plural, printable, say, wrap } from './show.ts'
import { CommandFault } from './words.ts'

type Publication = ReplyOf<Routes['getPublication']>

export interface PublishOptions {
  readonly title: string
  readonly greeting?: string
  readonly origin?: readonly string[]
  readonly sources?: 'quotes' | 'documents'
  readonly guard?: readonly string[]
  readonly voice?: string
  readonly strictness?: Strictness
  readonly keepDays?: number
  readonly expires?: string
  readonly json?: boolean
}

/** Opens databases to strangers as one chat. */
export async function publish({ client, command, signal }: Session, databases: readonly string[], options: PublishOptions): Promise<void> {
  const { title, greeting, origin, sources, guard, voice, strictness, keepDays, expires } = options
  const body = {
    title,
    databases: [...databases],
    ...(greeting === undefined ? {} : { greeting }),
    ...(origin === undefined ? {} : { origins: [...origin] }),
    ...(sources === undefined ? {} : { sources }),
    ...(guard === undefined ? {} : { guard: guardOf(guard) }),
    ...(voice === undefined ? {} : { voice }),
    ...(strictness === undefined ? {} : { strictness }),
    ...(keepDays === undefined ? {} : { keep_days: keepDays }),
    ...(expires === undefined ? {} : { expires_at: expires }),
  }
  const made = await client.call('createPublication', { body, signal })
  if (options.json === true) return printJson(made)
  say(`${paint('bold', printable(made.title), process.stderr)} is open: whoever knows this address may ask.`)
  console.log(made.page)
  printSnippets(made, command)
}

/** Of texts such as `medical=refuse`. */
function guardOf(given: readonly string[]): Partial<Record<GuardTopic, GuardAction>> {
  const guard: Partial<Record<GuardTopic, GuardAction>> = {}
  for (const text of given) {
    const [name, does] = text.split('=')
    const topic = GUARD_TOPICS.find((one) => one === name)
    const action = GUARD_ACTIONS.find((one) => one === does)
    if (topic === undefined || action === undefined) {
      throw new CommandFault(
        `"${text}" is no guard.`,
        `Write a topic and what to do, such as medical=refuse: ${GUARD_TOPICS.join(', ')}; ${GUARD_ACTIONS.join(', ')}.`,
      )
    }
    guard[topic] = action
  }
  return guard
}

/** In pages elsewhere it works only when they are listed. Snippets are not broken: they are copied. */
function printSnippets({ origins, script, iframe, keep_days: days, id }: Publication, command: string): void {
  console.log('')
  if (origins.length === 0) console.log(wrap('Pages elsewhere may not show it; list them with --origin https://www.example.com to put it into them.'))
  else {
    console.log(wrap(`In pages of ${origins.join(', ')}, as a button that opens the chat:`))
    console.log(printable(script))
    console.log(wrap('or as a part of the page:'))
    console.log(printable(iframe))
  }
  console.log(paint('dim', wrap(`Conversations are deleted ${plural(days, 'day')} after their last message.`)))
  console.log(paint('dim', `Close it: ${command} unpublish ${id}`))
}

export async function listPublications({ client, command, signal }: Session, options: { readonly json?: boolean }): Promise<void> {
  const { publications } = await client.call('listPublications', { signal })
  if (options.json === true) return printJson(publications)
  if (publications.length === 0) return console.log(`Nothing is published. Open a database to visitors: ${command} publish DATABASE --title TITLE`)
  for (const [index, one] of publications.entries()) {
    if (index > 0) console.log('')
    const colour = one.state === 'open' ? 'green' : 'red'
    console.log(`${paint(colour, one.state === 'revoked' ? 'closed' : one.state)}  ${paint('bold', cut(one.title, columnsOf() - 9))}`)
    console.log(`  ${one.id}`)
    if (one.state !== 'open') continue
    const from = one.origins.length === 0 ? 'its own page only' : one.origins.join(', ')
    console.log(`  ${one.page}`)
    console.log(paint('dim', wrap(`${plural(one.databases.length, 'database')}, ${one.sources}, from ${from}, kept ${plural(one.keep_days, 'day')}`, '  ')))
  }
}

export async function unpublish({ client, signal }: Session, wanted: string): Promise<void> {
  const { publications } = await client.call('listPublications', { signal })
  const found = publications.filter((one) => one.id === wanted || (one.title === wanted && one.state === 'open'))
  if (found.length > 1)
    throw new CommandFault(`${plural(found.length, 'published chat')} have this title.`, `Give the id: ${found.map(({ id }) => id).join(', ')}.`)
  const id = found[0]?.id ?? wanted
  const closed = await client.call('revokePublication', { parameters: { publication: id }, signal })
  console.log(`${printable(closed.title)} is closed, for good.`)
}
