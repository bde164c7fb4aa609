import { AppError } from '../domain/errors.ts'
import type { Limit, LimitState } from '../domain/limits.ts'
import { type Allowance, allowancesOf, quotaRefusal, rateRefusal } from '../flows/allowance.ts'
import type { World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import { addressKey } from './address.ts'
import { dayCounts } from './day-counts.ts'
import type { Gate, SetHeader } from './gate.ts'
import { standingOf } from './standing.ts'

export type GateWorld = Pick<World, 'accounts' | 'keys' | 'ledger' | 'limiter' | 'hash' | 'now'>
type GateSettings = Pick<Settings, 'LIMIT_ADDRESS_PER_MINUTE' | 'LIMIT_SIGN_IN_PER_QUARTER_HOUR' | 'LIMIT_DATABASE_PER_MINUTE'>

const MINUTE = 60
const QUARTER_HOUR = 900
const DAY = 86_400
/** Source: browsers open six connections to a server; streams of strangers without any session are rarer than that. */
const STREAMS_OF_ADDRESS = 6
/** Seconds: how long a stream lasts nobody knows, but an answer is short. */
const STREAM_WAIT = 5

/** The gate of a real server: addresses by the settings, everybody else by plans. */
export function limitGate({ world, settings }: { readonly world: GateWorld; readonly settings: GateSettings }): Gate {
  const { limiter } = world
  const days = dayCounts(world)

  const byAddress = (address: string): readonly Limit[] => perMinute('address', addressKey(address), settings.LIMIT_ADDRESS_PER_MINUTE)
  const attempts = (name: string, subject: string): Limit => ({ name, subject, most: settings.LIMIT_SIGN_IN_PER_QUARTER_HOUR, windowSeconds: QUARTER_HOUR })
  const attemptsOf = (address: string) => attempts('sign-in', `address:${addressKey(address)}`)
  /** Hashed: what was typed into the wrong field may be a password. */
  const attemptsOn = (subject: string) => attempts('sign-in', `about:${world.hash(subject.normalize('NFKC').trim().toLowerCase())}`)

  async function take(limits: readonly Limit[], set: SetHeader): Promise<void> {
    if (limits.length === 0) return
    const { states, refused } = await limiter.take(limits, 1)
    tell(states, set)
    if (refused === undefined) return
    const { limit } = refused
    if (limit.windowSeconds !== DAY) throw rateRefusal(refused)
    throw quotaRefusal(world, { limit: 'requests', of: limit.name.replace(/-day$/, ''), window: 'day', most: limit.most })
  }

  return {
    async refused(address, wrong, set) {
      await take([...byAddress(address), ...(wrong ? [attempts('credential', addressKey(address))] : [])], set)
    },
    async admit(caller, address, set) {
      if (caller?.kind === 'operator') return
      const allowances = caller === undefined ? [] : await allowancesOf(world, caller)
      const limits = allowances.flatMap(requestLimits)
      await days.begin(limits)
      await take(caller === undefined || caller.kind === 'visitor' ? [...limits, ...byAddress(address)] : limits, set)
    },
    async admitTo(databaseId, caller, set) {
      if (caller.kind !== 'operator') await take(perMinute('database', databaseId, settings.LIMIT_DATABASE_PER_MINUTE), set)
    },
    async attempt(address, subject) {
      const { refused } = await limiter.take([attemptsOf(address), ...(subject === undefined ? [] : [attemptsOn(subject)])], 1)
      if (refused !== undefined) throw rateRefusal(refused)
    },
    async succeeded(address, subject) {
      // Not forgotten: else a person with an account could try those of others without end, signing in between.
      await limiter.charge([attemptsOf(address)], -1)
      if (subject === undefined) return
      const { name, subject: hashed } = attemptsOn(subject)
      await limiter.forget(name, hashed)
    },
    async stream(caller, address) {
      if (caller?.kind === 'operator') return () => undefined
      const places =
        caller === undefined
          ? [{ of: 'address', id: addressKey(address), most: STREAMS_OF_ADDRESS }]
          : (await allowancesOf(world, caller)).flatMap(streamPlaces)
      const held: (() => void)[] = []
      for (const { of, id, most } of places) {
        const leave = limiter.enter(`${of}-streams`, id, most)
        if (leave === undefined) {
          for (const one of held) one()
          throw new AppError('limit/streams', { limit: of, most, retry_after: STREAM_WAIT })
        }
        held.push(leave)
      }
      return () => {
        for (const one of held) one()
      }
    },
    standing: async (caller) =>
      (await Promise.all((await allowancesOf(world, caller)).map((allowance) => standingOf(world, allowance, requestLimits(allowance))))).flat(),
  }
}

/** 0 is no limit. */
function perMinute(name: string, subject: string, most: number): readonly Limit[] {
  return most === 0 ? [] : [{ name, subject, most, windowSeconds: MINUTE }]
}

function requestLimits({ of, id, limits }: Allowance): readonly Limit[] {
  const { requestsPerMinute, requestsPerDay } = limits
  return [
    ...(requestsPerMinute === undefined ? [] : [{ name: of, subject: id, most: requestsPerMinute, windowSeconds: MINUTE }]),
    ...(requestsPerDay === undefined ? [] : [{ name: `${of}-day`, subject: id, most: requestsPerDay, windowSeconds: DAY }]),
  ]
}

function streamPlaces({ of, id, limits }: Allowance) {
  return limits.streams === undefined ? [] : [{ of, id, most: limits.streams }]
}

/** Source: draft-ietf-httpapi-ratelimit-headers: quota and window of each policy, what remains and seconds until it is whole again. */
function tell(states: readonly LimitState[], set: SetHeader): void {
  set('RateLimit-Policy', states.map(({ limit }) => `"${limit.name}";q=${limit.most};w=${limit.windowSeconds}`).join(', '))
  set('RateLimit', states.map(({ limit, remaining, resetSeconds }) => `"${limit.name}";r=${Math.max(0, remaining)};t=${resetSeconds}`).join(', '))
}
