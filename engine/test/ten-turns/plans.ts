import { QUESTIONS } from './documents.ts'
import type { Script } from './provider.ts'
import type { Random } from './random.ts'
import { CARRIERS } from './reading.ts'
import type { Deed, Plan, Seat } from './turn.ts'
import { FAULTS, MORE_FAULTS, RATE_LIMITED, type Way, WELL } from './ways.ts'

// What happens in the turns of a conversation.

const DEEDS = ['read', 'resume', 'stop', 'leave'] as const
type DeedName = (typeof DEEDS)[number]

interface Slot {
  readonly way: Way
  readonly deed: DeedName
}

/** Nothing is asked of a model in this turn: what it does there shows nothing. */
const SMALL_TALK = QUESTIONS.indexOf('Thank you!')
const ALWAYS = 99

/** One conversation for each of so many providers: whoever asks does everything, and together the providers fail in all ways of the list. */
export function shortPlans(providers: number, random: Random): Plan[][] {
  const faults = [...random.shuffled(FAULTS), ...random.shuffled(MORE_FAULTS)].slice(0, providers * 3)
  return Array.from({ length: providers }, (_, index) => {
    const failing = faults.slice(index * 3, index * 3 + 3).map((way): Slot => ({ way, deed: random.pick(['read', 'read', 'resume', 'stop'] as const) }))
    const well = (['read', 'read', 'resume', 'resume', 'stop', 'leave'] as const).map((deed): Slot => ({ way: WELL, deed }))
    return plansOf([...failing, ...well, { way: RATE_LIMITED, deed: random.pick(['read', 'resume'] as const) }], random)
  })
}

/** All ways with all deeds, `rounds` times, in conversations of ten turns. */
export function longPlans(rounds: number, random: Random): Plan[][] {
  const ways = [WELL, ...FAULTS, ...MORE_FAULTS]
  const slots = Array.from({ length: rounds }, () => ways.flatMap((way) => DEEDS.map((deed): Slot => ({ way, deed })))).flat()
  const mixed = random.shuffled(slots)
  const conversations: Plan[][] = []
  while (mixed.length > 0) {
    const taken = mixed.splice(0, QUESTIONS.length - 1)
    const filled = [...taken, ...Array.from({ length: QUESTIONS.length - taken.length }, (): Slot => ({ way: WELL, deed: 'resume' }))]
    conversations.push(plansOf(filled, random))
  }
  return conversations
}

/** Without a model nothing fails, but whoever asks does everything. */
export function plansWithoutModel(random: Random): Plan[] {
  const deeds: readonly DeedName[] = ['read', 'read', 'read', 'read', 'resume', 'resume', 'resume', 'resume', 'resume', 'read']
  return plansOf(
    deeds.map((deed) => ({ way: WELL, deed })),
    random,
  )
}

function plansOf(slots: readonly Slot[], random: Random): Plan[] {
  const mixed = random.shuffled(slots)
  const calm = mixed.findIndex(({ way }) => way === WELL)
  const [given, talked] = [mixed[calm], mixed[SMALL_TALK]]
  if (given !== undefined && talked !== undefined) [mixed[calm], mixed[SMALL_TALK]] = [talked, given]
  return QUESTIONS.map((question, index): Plan => {
    const { way, deed } = mixed[index] ?? { way: WELL, deed: 'read' }
    return { question, seat: seatOf(random), deed: deedOf(deed, random), script: scriptOf(way, deed, random) }
  })
}

function seatOf(random: Random): Seat {
  return { carrier: random.pick(CARRIERS), server: random.pick([0, 1] as const) }
}

function deedOf(deed: DeedName, random: Random): Deed {
  const after = 1 + random.upTo(24)
  switch (deed) {
    case 'read':
      return { of: 'read', resumable: random.chance(0.7) }
    case 'resume':
      return { of: 'resume', cuts: Array.from({ length: 1 + random.upTo(3) }, () => ({ ...seatOf(random), after: random.upTo(20) })) }
    case 'stop':
      return { of: 'stop', after, from: seatOf(random) }
    case 'leave':
      return { of: 'leave', after, resumable: random.chance(0.5) }
  }
}

function scriptOf(way: Way, deed: DeedName, random: Random): Script {
  return {
    way,
    seed: random.upTo(1_000_000_000),
    always: random.chance(0.3),
    times: way.retried && !way.silent && random.chance(0.4) ? 1 + random.upTo(1) : ALWAYS,
    paceMs: deed === 'read' ? 0 : 1 + random.upTo(3),
  }
}
