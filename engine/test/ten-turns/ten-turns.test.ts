import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from './check.ts'
import { type House, openHouse } from './house.ts'
import { longPlans, plansWithoutModel, shortPlans } from './plans.ts'
import type { Provider } from './provider.ts'
import { type Random, randomOf } from './random.ts'
import { type Data, send, type Told } from './reading.ts'
import { type Tally, tallyOf } from './tally.ts'
import { type Plan, type Talk, type Turn, takeTurn } from './turn.ts'
import { WIRES } from './wires.ts'

// Conversations of ten turns over the network, from a person to a provider and back, in which all goes wrong that can. Long: all
// ways of failing with all that a person may do, for each provider, with QUARRY_LONG_TESTS=on.

const SEED = Number(process.env.QUARRY_TEST_SEED ?? Date.now() % 1_000_000_000)
const ROUNDS = process.env.QUARRY_LONG_TESTS === 'on' ? Number(process.env.QUARRY_LONG_ROUNDS ?? 3) : 0
const tally: Tally = tallyOf()
let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(async () => {
  await house.close()
  if (ROUNDS > 0) tally.print()
})

/** By provider, so that one test alone does the same as among others. */
const randomFor = (name: string) => randomOf(SEED + [...name].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7))

/** Ten turns; what is wrong with them, with what it takes to see it again. */
async function conversation(
  name: string,
  plans: readonly Plan[],
  random: Random,
  strictness = random.pick(['mark', 'mark', 'remove', 'withhold']),
): Promise<{ readonly turns: readonly Turn[]; readonly problems: readonly string[] }> {
  const provider = house.providers.find(({ wire }) => wire.provider === name)
  await setModel(name, provider, strictness)
  const talk: Talk = { house, database: house.databases[name] ?? '', provider, turns: [], id: undefined }
  const problems: string[] = []
  for (const plan of plans) {
    const where = `seed ${SEED}, ${name}, "${plan.question}", ${plan.script.way.name}, ${JSON.stringify(plan.deed)}`
    const turn = await takeTurn(talk, plan).catch((cause: unknown) => {
      throw new Error(where, { cause })
    })
    const found = problemsOf(turn, house)
    tally.add(name, turn, found)
    problems.push(...found.map((problem) => `${where}: ${problem}`))
  }
  return { turns: talk.turns, problems }
}

async function setModel(name: string, provider: Provider | undefined, strictness: string): Promise<void> {
  const answers = { chat_model: provider === undefined ? 'extractive' : `${name}:tiny`, strictness }
  const init = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ answers }) }
  const reply = await send({ address: house.servers[0].address, token: house.who.token }, 'PATCH', `/api/v1/databases/${house.databases[name]}`, init)
  expect(reply.status).toBe(200)
}

const short = shortPlans(WIRES.length, randomOf(SEED))

describe('ten turns', () => {
  test.each(WIRES.map(({ provider }, index) => [provider, short[index] ?? []] as const))('with %s', async (name, plans) => {
    const { turns, problems } = await conversation(name, plans, randomFor(name))
    expect(problems).toEqual([])
    expect(turns).toHaveLength(10)
  })

  test('without a model are the same events, and each quote is verified', async () => {
    const [withModel] = WIRES
    const random = randomFor('extractive')
    const plans = plansWithoutModel(random)
    const said = await conversation(withModel?.provider ?? '', plans, random, 'mark')
    const quoted = await conversation('extractive', plans, random, 'mark')
    expect([...said.problems, ...quoted.problems]).toEqual([])
    expect(shapesOf(quoted.turns)).toEqual(shapesOf(said.turns))
    const citations = toldIn(quoted.turns).flatMap(({ event, data }) => (event === 'citation-found' ? [data.citation] : []))
    expect(citations.length).toBeGreaterThan(5)
    expect(new Set(citations.map(({ verdict }) => verdict))).toEqual(new Set(['verified']))
    expect(citations.some(({ page }) => page !== null)).toBe(true)
  })
})

describe.runIf(ROUNDS > 0)('at length', () => {
  test.each(WIRES.map(({ provider }) => provider))(
    'with %s',
    async (name) => {
      const problems: string[] = []
      const random = randomFor(name)
      for (const plans of longPlans(ROUNDS, random)) problems.push(...(await conversation(name, plans, random)).problems)
      expect(problems).toEqual([])
    },
    3_600_000,
  )
})

function toldIn(turns: readonly Turn[]): Told[] {
  return turns.flatMap(({ pieces }) => pieces.flat())
}

/** Each kind of event with the names of its fields. */
function shapesOf(turns: readonly Turn[]): Record<string, readonly string[]> {
  const shapes: Record<string, readonly string[]> = {}
  for (const { event, data } of toldIn(turns)) shapes[event] = fieldsOf(data)
  return Object.fromEntries(Object.entries(shapes).sort())
}
function fieldsOf(data: Data): string[] {
  return Object.entries<Data>(data)
    .flatMap(([name, value]) => (name === 'citation' || name === 'sentence' ? fieldsOf(value).map((one) => `${name}.${one}`) : [name]))
    .sort()
}
