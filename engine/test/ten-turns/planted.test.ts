import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { World } from '../../src/ports/world.ts'
import { problemsOf } from './check.ts'
import { type House, openHouse } from './house.ts'
import type { Data, Told } from './reading.ts'
import { type Deed, type Turn, takeTurn } from './turn.ts'
import { WELL } from './ways.ts'

// Faults that are put in on purpose: into what came, and into the product. The checks of the ten turns find each.

const CUTS: Deed = { of: 'resume', cuts: [{ carrier: 'socket', server: 1, after: 9 }] }
const STOPPED: Deed = { of: 'stop', after: 8, from: { carrier: 'sse', server: 0 } }
const opened: House[] = []
let turn: Turn
let stopped: Turn

beforeAll(async () => {
  const at = await house()
  turn = await suiting(
    (seed) => turnIn(at, CUTS, seed),
    ({ pieces }) => pieces.length === 2 && quoteOn(pieces.flat()) !== undefined,
  )
  stopped = await suiting(
    (seed) => turnIn(at, STOPPED, seed),
    ({ pieces }) => pieces.flat().at(-1)?.data.error?.code === 'answer/stopped',
  )
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

async function house(change?: (world: World) => Partial<World>): Promise<House> {
  const [first] = opened
  if (change === undefined && first !== undefined) return first
  const made = await openHouse({ only: ['openai'], ...(change === undefined ? {} : { change }) })
  opened.push(made)
  return made
}

async function turnIn(at: House, deed: Deed, seed = 11): Promise<Turn> {
  const provider = at.providers.find(({ wire }) => wire.provider === 'openai')
  const database = at.databases.openai ?? ''
  const owner = at.who.account.id
  await at.world.catalog.updateDatabase(owner, database, { answers: { chatModel: 'openai:tiny' } })
  const script = { seed, way: WELL, always: false, times: 0, paceMs: 4 }
  const question = 'How much did the repairs of the harbour wall cost in 2024?'
  return takeTurn({ house: at, database, provider, turns: [], id: undefined }, { question, seat: { carrier: 'sse', server: 0 }, deed, script })
}

/** What the model writes comes from the seed, and from passages whose order may vary. */
async function suiting(take: (seed: number) => Promise<Turn>, suits: (turn: Turn) => boolean): Promise<Turn> {
  for (let seed = 11; seed < 50; seed += 1) {
    const taken = await take(seed)
    if (suits(taken)) return taken
  }
  throw new Error('no turn suits')
}

/** The same turn, told otherwise. */
function told(change: (events: Told[]) => unknown, of = turn): Turn {
  const pieces = structuredClone(of.pieces) as Told[][]
  const events = pieces.flat()
  change(events)
  return { ...of, pieces: [events], again: undefined }
}
/** With this behind its first words. */
function saying(more: string): Turn {
  return told((events) => {
    first(events, 'text-delta').text += more
  })
}
function stored(change: (messages: Data[]) => unknown): Turn {
  const after = structuredClone(turn.after) as Data[]
  change(after)
  return { ...turn, after }
}
function first(events: readonly Told[], kind: string): Data {
  const found = events.find(({ event }) => event === kind)
  if (found === undefined) throw new Error(`there is no ${kind}`)
  return found.data
}
/** The first citation that is verified and on a page. */
const quoteOn = (events: readonly Told[]): Data | undefined =>
  events.find(({ event, data }) => event === 'citation-found' && data.citation.verdict === 'verified' && data.citation.page !== null)?.data.citation
const lastOf = (events: readonly Told[]): Told => events.at(-1) ?? { seq: 0, event: '', data: {} }

test('a turn without a fault has none', async () => {
  expect(problemsOf(turn, await house())).toEqual([])
  expect(problemsOf(stopped, await house())).toEqual([])
})

describe('is found in what came:', () => {
  const PLANTS: readonly (readonly [what: string, plant: () => Turn, problem: RegExp])[] = [
    [
      'an event that is repeated when reading goes on',
      () => ({ ...turn, pieces: [turn.pieces[0] ?? [], [lastOf(turn.pieces[0] ?? []), ...(turn.pieces[1] ?? [])]] }),
      /numbered/,
    ],
    ['an event that is lost there', () => ({ ...turn, pieces: [turn.pieces[0] ?? [], (turn.pieces[1] ?? []).slice(1)] }), /numbered/],
    ['two ends', () => told((events) => events.push({ ...lastOf(events), seq: events.length + 1 })), /2 ends/],
    ['an error behind the end', () => told((events) => events.push({ seq: events.length + 1, event: 'answer-error', data: { error: {} } })), /2 ends/],
    ['no end', () => told((events) => events.pop()), /0 ends/],
    [
      'passages that come late',
      () => told((events) => events.sort((one, other) => Number(one.event === 'passages-found') - Number(other.event === 'passages-found'))),
      /events come as/,
    ],
    ['another answer when it is read again', () => ({ ...turn, again: turn.again?.slice(0, -1) }), /read again/],
    [
      'a text of the end without the last piece',
      () => told((events) => Object.assign(lastOf(events).data, { text: lastOf(events).data.text.slice(0, -1) })),
      /text of the end/,
    ],
    ['a mark that is seen until its end comes', () => saying(' [3: "the'), /remains of a mark/],
    ['half of a mark', () => saying(' ['), /remains of a mark/],
    ['a citation that was told and is not in the end', () => told((events) => lastOf(events).data.citations.pop()), /citations of the end/],
    ['a number without a citation', () => saying(' [77]'), /leads nowhere/],
    ['a quote that stands elsewhere', () => told((events) => Object.assign(quoteOn(events), { start: quoteOn(events).start + 1 })), /does not stand/],
    ['a quote that is cut off', () => told((events) => Object.assign(quoteOn(events), { quote: quoteOn(events).quote.slice(0, -3) })), /does not stand/],
    ['another page', () => told((events) => Object.assign(quoteOn(events), { page: quoteOn(events).page + 1 })), /stands on page/],
    [
      'a sentence that was not checked',
      () =>
        told((events) => {
          events.splice(
            events.findLastIndex(({ event }) => event === 'sentence-checked'),
            1,
          )
        }),
      /of no sentence|not of any sentence/,
    ],
    [
      'sentences out of order',
      () => told((events) => Object.assign(first(events, 'sentence-checked').sentence, { end: first(events, 'sentence-checked').sentence.end + 500 })),
      /a sentence from/,
    ],
    [
      'a stored text without the last piece',
      () => stored((messages) => Object.assign(messages[1], { text: messages[1].text.slice(0, -4) })),
      /not what was streamed/,
    ],
    ['a stored citation less', () => stored((messages) => messages[1].citations.pop()), /citations is stored/],
    ['a turn that is stored twice', () => stored((messages) => messages.push(...messages)), /4 messages/],
    ['an answer that was stopped and is stored', () => ({ ...stopped, after: turn.after }), /broken off is stored/],
    ['a new conversation that stays without a turn', () => ({ ...stopped, isKept: true }), /stays/],
    ['tokens that are counted twice', () => ({ ...turn, used: { ...turn.used, inputTokens: turn.used.inputTokens * 2 } }), /tokens are counted/],
    ['a question that is counted twice', () => ({ ...turn, used: { ...turn.used, questions: 2 } }), /2 questions/],
    ['tokens that the end does not tell', () => told((events) => Object.assign(lastOf(events).data, { usage: null })), /the end tells null/],
    ['a trace that is missing', () => ({ ...turn, trace: undefined }), /there is no trace/],
    [
      'a request that the trace does not tell',
      () => ({ ...turn, trace: turn.trace === undefined ? undefined : { ...turn.trace, calls: [] } }),
      /trace tells 0/,
    ],
    [
      'a broken-off answer that the next one is told of',
      () => ({
        ...turn,
        seen: turn.seen.map((one) => ({ ...one, asked: { ...one.asked, messages: [{ role: 'assistant', text: 'Half of' }, ...one.asked.messages] } })),
      }),
      /what was not kept/,
    ],
    [
      'an answer of nobody knows whom',
      () => told((events) => Object.assign(lastOf(events).data, { writer: 'extractive' })),
      /ended with an answer of extractive/,
    ],
  ]

  test.each(PLANTS)('%s', async (_, plant, problem) => {
    const found = problemsOf(plant(), await house())
    expect(
      found.some((one) => problem.test(one)),
      found.join('\n'),
    ).toBe(true)
  })
})

describe('is found over the network, put into the product:', () => {
  test('an answer that is stored without its last word', async () => {
    const at = await house(({ conversations }) => ({
      conversations: {
        ...conversations,
        addTurn: (holder, id, [asked, said], ...rest) =>
          conversations.addTurn(holder, id, asked === undefined || said === undefined ? [] : [asked, { ...said, text: said.text.slice(0, -6) }], ...rest),
      },
    }))
    expect(problemsOf(await turnIn(at, CUTS), at)).toContain('what is stored is not what was streamed')
  })
  test('an event that another process tells again', async () => {
    const at = await house(({ cache }) => ({
      cache: {
        ...cache,
        read: async (log, from, most) => [...(await cache.read(log, from, most))].flatMap((one, index) => (index === 0 && from > 0 ? [one, one] : [one])),
      },
    }))
    expect(problemsOf(await turnIn(at, CUTS), at).some((one) => /numbered|read again/.test(one))).toBe(true)
  })
})
