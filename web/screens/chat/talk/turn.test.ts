import fc from 'fast-check'
import { AppError } from 'quarry-engine/client'
import { describe, expect, it } from 'vitest'
import { endOf, isReadyToAsk, itemsOf, keptAnswer } from './branch.ts'
import { copiedText } from './copied-text.ts'
import { type Citation, type Message, START } from './message.ts'
import { type AnswerEvent, afterEvents, brokenOff, isLeft, isRunning, mayBeKept, newTurn } from './turn.ts'
import { TurnStore } from './turn-store.ts'

const citation = (number: number): Citation => ({
  number,
  database_id: 'db',
  document_id: 'doc',
  revision: 1,
  chunk_id: 'c',
  external_id: 'e',
  start: 0,
  end: 4,
  name: 'a.pdf',
  page: number,
  heading_path: [],
  quote: 'some\nwords',
  verdict: 'verified',
  reason: null,
})
const begin: readonly AnswerEvent[] = [
  { event: 'answer-start', data: { conversation_id: 'conv_1', writer: 'extractive' } },
  { event: 'passages-found', data: { passages: [] } },
]
const end = (text: string, citations: readonly Citation[]): AnswerEvent => ({
  event: 'answer-end',
  data: { answered: true, text, citations, sentences: [], question_id: 'm1', answer_id: 'm2' },
})
const texts = fc.string({ unit: fc.constantFrom('a', ' ', '[1]', '[', '1', ']', '\n', '\u{1f600}', '\ud83d', '\ude00', '*', '`'), maxLength: 60 })
/** A text in pieces of 1 to 7 units, cut anywhere. */
const pieces = fc.tuple(texts, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 60 })).map(([text, sizes]) => {
  const parts: string[] = []
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    parts.push(text.slice(at, at + size))
    at += size
  }
  return { text, parts }
})
const deltas = (parts: readonly string[]): readonly AnswerEvent[] => parts.map((text) => ({ event: 'text-delta', data: { text } }))

async function* streamed(events: readonly AnswerEvent[], fault?: unknown): AsyncGenerator<AnswerEvent> {
  for (const event of events) yield event
  if (fault !== undefined) throw fault
}
const message = (id: string, role: Message['role'], text: string, parent: string | null): Message => ({
  id,
  parent_id: parent,
  versions: [id],
  role,
  text,
  answered: role === 'assistant' ? true : null,
  citations: [],
  sentences: [],
  cost_usd: null,
  trace_id: null,
  nearest: [],
  writer: null,
  mode: null,
  model: null,
  usage: null,
  feedback: { rating: null, comment: null },
  created_at: '2026-01-01T00:00:00Z',
})

describe('a turn', () => {
  it('is the same whatever the pieces and the frames were, before its end and after it', () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), ({ text, parts }, frames) => {
        const events = [...begin, ...deltas(parts)]
        let turn = newTurn('t', 'q', START)
        for (let at = 0, frame = 0; at < events.length; frame++) {
          const size = frames[frame % frames.length] ?? 1
          turn = afterEvents(turn, events.slice(at, at + size))
          at += size
        }
        expect(turn).toEqual(
          afterEvents(
            newTurn('t', 'q', START),
            [...begin, ...deltas([text])].filter((event) => event.event !== 'text-delta' || event.data.text !== ''),
          ),
        )
        expect(turn.text).toBe(text)
        expect(afterEvents(turn, [end(text, [])]).state).toBe('ended')
      }),
    )
  })

  it('ends with the text and the citations as they were stored', () => {
    const turn = afterEvents(newTurn('t', 'q', START), [
      ...begin,
      ...deltas(['a [1', ']']),
      { event: 'citation-found', data: { citation: citation(1) } },
      end('A [1]', [citation(1)]),
    ])
    expect(turn).toMatchObject({ state: 'ended', text: 'A [1]', conversation: 'conv_1', questionId: 'm1', answerId: 'm2' })
    expect(turn.citations).toHaveLength(1)
    expect(afterEvents(turn, deltas(['more']))).toBe(turn)
  })

  it('keeps what was streamed when it is stopped or breaks off', () => {
    const turn = afterEvents(newTurn('t', 'q', START), [...begin, ...deltas(['half'])])
    expect(brokenOff(turn, undefined, true)).toMatchObject({ state: 'stopped', text: 'half' })
    const cut = brokenOff(turn, new AppError('server/unreachable'), false)
    expect(cut).toMatchObject({ state: 'failed', text: 'half' })
    expect(mayBeKept(cut)).toBe(true)
    expect(mayBeKept(brokenOff(turn, new AppError('limit/spend'), false))).toBe(false)
  })

  it('that is taken up is given back only where nothing of it is to be read', () => {
    const begun = newTurn('t', 'q', START)
    const reading = afterEvents(begun, [...begin, ...deltas(['half'])])
    const left = (turn: typeof begun, code: ConstructorParameters<typeof AppError>[0]) => isLeft(brokenOff(turn, new AppError(code), false))
    for (const code of ['stream/not-found', 'request/aborted', 'answer/interrupted'] as const) expect([code, left(begun, code)]).toEqual([code, true])
    expect(left(reading, 'answer/interrupted')).toBe(false)
    for (const code of ['server/unreachable', 'model/unavailable', 'answer/stopped'] as const) expect([code, left(begun, code)]).toEqual([code, false])
    expect(isLeft(brokenOff(begun, new AppError('stream/not-found'), true))).toBe(false)
  })
})

describe('the store of turns', () => {
  it('tells once per frame, however many events come', async () => {
    const frames: (() => void)[] = []
    const store = new TurnStore((work) => {
      frames.push(work)
      return () => undefined
    })
    let told = 0
    store.subscribe(() => told++)
    const done = store.ask('new', 'q', START, () => streamed([...begin, ...deltas(Array.from({ length: 500 }, () => 'x')), end('x'.repeat(500), [])]))
    const turn = await done
    expect(turn).toMatchObject({ state: 'ended', answerId: 'm2' })
    expect(told).toBeLessThanOrEqual(3)
    const renamed: unknown[] = []
    store.onRename((from, { conversation }) => renamed.push([from, conversation]))
    store.rename('new', 'a:conv_1')
    expect(renamed).toEqual([['new', 'conv_1']])
    expect(store.get('new')).toBeUndefined()
    expect(store.get('a:conv_1')?.text).toHaveLength(500)
    expect(store.names.get('m2')).toBe(`${turn.key}-answer`)
  })

  it('never rejects, and a stopped turn takes nothing more', async () => {
    const store = new TurnStore((work) => {
      work()
      return () => undefined
    })
    expect(await store.ask('a', 'q', START, () => streamed(begin, new AppError('model/unavailable')))).toMatchObject({ state: 'failed' })
    const waiting = store.ask('b', 'q', START, async function* (signal) {
      yield* begin
      yield { event: 'text-delta', data: { text: 'half' } } as const
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    await new Promise((done) => setTimeout(done, 5))
    expect(isRunning(store.get('b'))).toBe(true)
    store.stop('b')
    expect(await waiting).toMatchObject({ state: 'stopped', text: 'half' })
    store.dropAll()
    expect([store.get('a'), store.get('b')]).toEqual([undefined, undefined])
  })
})

describe('what a conversation shows', () => {
  const stored = [
    message('q1', 'user', 'one', null),
    message('a1', 'assistant', 'A', 'q1'),
    message('q2', 'user', 'two', 'a1'),
    message('a2', 'assistant', 'B', 'q2'),
  ]

  it('is the branch up to where the question stands, then the turn', () => {
    const again = newTurn('t', 'two', 'a1')
    expect(itemsOf(stored, again, new Map()).map(({ text }) => text)).toEqual(['one', 'A', 'two', ''])
    expect(itemsOf(stored, newTurn('t', 'other', START), new Map()).map(({ text }) => text)).toEqual(['other', ''])
    expect(itemsOf([], newTurn('t', 'next', 'a9'), new Map())).toHaveLength(2)
  })

  it('goes on from the last answer, also from one that is not loaded yet', () => {
    const ended = { ...afterEvents(newTurn('t', 'three', 'a2'), [...begin, end('C', [])]), answerId: 'a3' }
    expect(endOf([], undefined)).toBe(START)
    expect(endOf(stored, undefined)).toBe('a2')
    expect(endOf(stored, ended)).toBe('a3')
    expect(endOf(stored, brokenOff(newTurn('t', 'three', 'a2'), undefined, true))).toBe('a2')
  })

  it('takes no question before it is known where it would stand', () => {
    const running = newTurn('t', 'one', START)
    const ended = afterEvents(running, [...begin, end('A', [])])
    expect(isReadyToAsk(undefined, false, undefined)).toBe(true)
    expect(isReadyToAsk('conv_1', false, undefined)).toBe(false)
    expect(isReadyToAsk('conv_1', true, ended)).toBe(true)
    expect(isReadyToAsk(undefined, false, ended)).toBe(false) // it is about to be the conversation conv_1
    expect(isReadyToAsk(undefined, false, brokenOff(running, undefined, true))).toBe(true)
  })

  it('draws a turn under the same keys when it was stored', () => {
    const turn = { ...afterEvents(newTurn('t', 'two', 'a1'), [...begin, end('B', [])]), questionId: 'q2', answerId: 'a2' }
    const names = new Map([
      ['q2', 't-question'],
      ['a2', 't-answer'],
    ])
    const live = itemsOf(stored.slice(0, 2), turn, names)
    const after = itemsOf(stored, turn, names)
    expect(after.map(({ key }) => key)).toEqual(live.map(({ key }) => key))
  })

  it('finds an answer that was kept although its end did not come', () => {
    const turn = newTurn('t', 'two', 'a1')
    expect(keptAnswer(stored, new Set(['q1', 'a1']), turn)).toEqual({ questionId: 'q2', answerId: 'a2' })
    expect(keptAnswer(stored, new Set(['a2']), turn)).toBeUndefined()
    expect(keptAnswer(stored, new Set(), newTurn('t', 'other', 'a1'))).toBeUndefined()
  })

  it('is copied with its sources', () => {
    expect(copiedText('A [2]', [citation(2)])).toBe('A [2]\n\nSources:\n[2] a.pdf, page 2: "some words"')
    expect(copiedText('A', [])).toBe('A')
  })
})
