import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerTrace } from '../../src/domain/trace.ts'
import { NO_USAGE, type UsageAmounts } from '../../src/domain/usage.ts'
import type { House } from './house.ts'
import type { Provider, Seen } from './provider.ts'
import { QUIET, type Script } from './provider.ts'
import { ask, type Carrier, type Data, type Door, get, isLast, type Reading, resume, stop, type Told } from './reading.ts'

/** Where an answer is read: by which carrier, at which of the two processes. */
export interface Seat {
  readonly carrier: Carrier
  readonly server: 0 | 1
}

/** What the one who asks does. `after`: so many events. */
export type Deed =
  | { readonly of: 'read'; readonly resumable: boolean }
  | { readonly of: 'resume'; readonly cuts: readonly (Seat & { readonly after: number })[] }
  | { readonly of: 'stop'; readonly after: number; readonly from: Seat }
  /** And comes back when the answer has ended, if it can be read again. */
  | { readonly of: 'leave'; readonly after: number; readonly resumable: boolean }

export interface Plan {
  readonly question: string
  readonly seat: Seat
  readonly deed: Deed
  readonly script: Script
}

/** A turn as it was seen from outside, and what is left of it. */
export interface Turn {
  readonly plan: Plan
  /** Of each connection. */
  readonly pieces: readonly (readonly Told[])[]
  /** The whole, read again when it was over; undefined where it cannot be. */
  readonly again: readonly Told[] | undefined
  /** Messages of the conversation. */
  readonly before: readonly Data[]
  readonly after: readonly Data[]
  /** Whether the conversation is there. */
  readonly isKept: boolean
  readonly used: UsageAmounts
  readonly trace: AnswerTrace | undefined
  readonly seen: readonly Seen[]
  /** Milliseconds that the provider was waited for, before it was asked again. */
  readonly waits: readonly number[]
  /** Name of the model; undefined: none is asked. */
  readonly chat: string | undefined
}

/** A conversation that goes on from turn to turn. */
export interface Talk {
  readonly house: House
  readonly database: string
  /** Undefined: no model is asked. */
  readonly provider: Provider | undefined
  readonly turns: Turn[]
  id: string | undefined
}

const PATIENCE_MS = 10_000

/** Asks the next question, and does with its answer what the plan says. */
export async function takeTurn(talk: Talk, plan: Plan): Promise<Turn> {
  const { house, provider, database } = talk
  const door = (server: 0 | 1): Door => ({ address: house.servers[server].address, token: house.who.token })
  const { question, seat, deed, script } = plan
  provider?.play(script)
  const before = talk.id === undefined ? [] : await messagesOf(door(0), talk.id)
  const usedBefore = await usedOf(talk)
  const resumable = deed.of === 'read' || deed.of === 'leave' ? deed.resumable : true
  const first = await ask(door(seat.server), seat.carrier, database, { question, conversation: talk.id ?? 'new' }, resumable)
  const pieces = await piecesOf(first, deed, door, async () => {
    // The one who left hears no more of it: it has ended when nothing is asked any more, and its trace is there.
    await until('the provider is left alone', async () => (provider?.open ?? 0) === 0)
  })
  const { conversation_id: id, trace_id: traceId } = pieces.flat()[0]?.data ?? {}
  const trace = await traceOf(talk, traceId, async () => (await get(door(0), `/api/v1/conversations/${id}`)).status === 200)
  await until('the provider is left alone', async () => (provider?.open ?? 0) === 0)
  const told = pieces.flat()
  const lost = first.stream !== undefined && !told.some(isLast) ? await resume(door(0), 'sse', first.stream, told.length) : undefined
  if (lost !== undefined) pieces.push(await lost.take())
  const again = first.stream === undefined ? undefined : await resume(door(1), 'sse', first.stream, 0).then((reading) => reading?.take())
  const { status, data } = await get(door(0), `/api/v1/conversations/${id}`)
  const turn: Turn = {
    ...{ plan, pieces, again, before, trace, isKept: status === 200 },
    after: status === 200 ? data.messages : [],
    used: lessBy(await usedOf(talk), usedBefore),
    seen: [...(provider?.seen ?? [])],
    waits: [...(provider?.waits ?? [])],
    chat: provider?.chat().name,
  }
  talk.id = turn.isKept ? id : undefined
  talk.turns.push(turn)
  provider?.play(QUIET)
  return turn
}

async function piecesOf(first: Reading, deed: Deed, door: (server: 0 | 1) => Door, ended: () => Promise<void>): Promise<(readonly Told[])[]> {
  const pieces: (readonly Told[])[] = []
  let reading: Reading | undefined = first
  const { stream } = first
  const seen = () => pieces.flat()
  switch (deed.of) {
    case 'read':
      pieces.push(await first.take())
      break
    case 'resume':
      for (const { after, carrier, server } of deed.cuts) {
        pieces.push((await reading?.take(after)) ?? [])
        if (seen().some(isLast) || stream === undefined) break
        await reading?.cut()
        reading = await resume(door(server), carrier, stream, seen().length)
      }
      if (!seen().some(isLast)) pieces.push((await reading?.take()) ?? [])
      break
    case 'stop':
      pieces.push(await first.take(deed.after))
      if (!seen().some(isLast)) {
        await stop(door(deed.from.server), deed.from.carrier, stream ?? '')
        pieces[0] = [...seen(), ...(await first.take())]
      }
      break
    case 'leave':
      pieces.push(await first.take(deed.after))
      await first.cut()
      await ended()
  }
  await reading?.cut()
  return pieces
}

async function messagesOf(door: Door, id: string): Promise<readonly Data[]> {
  return (await get(door, `/api/v1/conversations/${id}`)).data.messages
}

/** It is kept when all else is done, unless the conversation goes: then it goes too. */
async function traceOf({ house }: Talk, id: unknown, isKept: () => Promise<boolean>): Promise<AnswerTrace | undefined> {
  if (typeof id !== 'string') return undefined
  let found: AnswerTrace | undefined
  await until('the trace is kept', async () => {
    found = await house.world.traces.trace(house.who.account.id, id).catch(() => undefined)
    return found !== undefined || !(await isKept())
  })
  return found
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const late = performance.now() + PATIENCE_MS; !(await holds()); await sleep(5))
    if (performance.now() > late) throw new Error(`in vain was waited until ${what}`)
}

function usedOf({ house, database }: Talk): Promise<UsageAmounts> {
  return house.world.ledger.used({ accountId: house.who.account.id, databaseId: database }, '2000-01-01')
}

function lessBy(now: UsageAmounts, before: UsageAmounts): UsageAmounts {
  const names = Object.keys(NO_USAGE) as (keyof UsageAmounts)[]
  return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as unknown as UsageAmounts
}
