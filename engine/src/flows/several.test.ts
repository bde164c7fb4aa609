import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeWorld } from '../../test/store-world.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import { accountCaller, type Caller } from '../domain/caller.ts'
import { filterFromJson } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { askSeveral } from './ask.ts'
import { readText } from './read.ts'
import { createDatabase, uploadFile } from './upload.ts'

const never = new AbortController().signal
const [ann, bob] = [accountCaller('ann', 'owner'), accountCaller('bob', 'owner')]

let it: ReturnType<typeof storeWorld>
let places: readonly [{ caller: Caller; databaseId: string }, { caller: Caller; databaseId: string }]
beforeAll(async () => {
  it = storeWorld()
  places = [
    await filled(ann, 'handbook', {
      'leave.txt': 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.',
      'canteen.txt': 'The canteen opens at noon and serves soup, bread and salad every day of the week.',
    }),
    await filled(bob, 'travel', {
      'leave.txt': 'Trains are booked through the travel desk. Flights shorter than 600 kilometres are not paid.',
      'hotel.txt': 'A hotel may cost 120 euros a night without asking the team lead.',
    }),
  ]
})
afterAll(() => it.close())

async function filled(caller: Caller, name: string, files: Readonly<Record<string, string>>) {
  const { database } = await createDatabase(it.world, caller, { name, chunkSize: 64, chunkOverlap: 0 }, never)
  for (const [file, text] of Object.entries(files)) {
    const content = (async function* () {
      yield new TextEncoder().encode(text)
    })()
    await uploadFile(
      it.world,
      caller,
      database.id,
      { name: file, mediaType: 'text/plain', metadata: { team: file === 'hotel.txt' ? 'b' : 'a' }, content, maxBytes: 1_000_000 },
      never,
    )
  }
  await it.runAll()
  return { caller, databaseId: database.id }
}

async function answer(
  question: string,
  where: readonly { caller: Caller; databaseId: string }[] = places,
  world: World = it.world,
): Promise<readonly AnswerEvent[]> {
  const events: AnswerEvent[] = []
  for await (const event of askSeveral(world, where, { question, n: 5 }, never)) events.push(event)
  return events
}
const endOf = (events: readonly AnswerEvent[]) => events.find((event) => event.type === 'answer-end')
const passagesOf = (events: readonly AnswerEvent[]) => events.flatMap((event) => (event.type === 'passages-found' ? event.passages : []))

describe('an answer from several databases', () => {
  test.each([
    ['How do employees request leave?', 0, 'portal'],
    ['How are trains booked?', 1, 'travel desk'],
    ['When does the canteen open?', 0, 'noon'],
    ['What may a hotel cost?', 1, '120 euros'],
  ] as const)('%s', async (question, where, holds) => {
    const end = endOf(await answer(question))
    expect(end?.text).toContain(holds)
    const { caller, databaseId } = places[where]
    for (const citation of end?.citations ?? []) {
      expect(citation).toMatchObject({ databaseId, verdict: 'verified' })
      const { extracted } = await readText(it.world, caller, databaseId, citation.documentId)
      expect(extracted.text.slice(citation.start, citation.end)).toBe(citation.quote)
    }
    expect(end?.citations.length).toBeGreaterThan(0)
  })

  test('a model quotes from both, and each quote is checked in its own database', async () => {
    const found = passagesOf(await answer('leave trains team lead'))
    const numberOf = (text: string) => found.findIndex((passage) => passage.text.includes(text)) + 1
    expect(numberOf('portal') * numberOf('travel desk')).toBeGreaterThan(0)
    const said = `Leave [${numberOf('portal')}: "Employees request leave in the portal"]. Trains [${numberOf('travel desk')}: "Trains are booked through the travel desk"].`
    const end = endOf(await answer('leave trains team lead', places, { ...it.world, chat: fakeChat({ reply: said }) }))
    expect(end?.citations.map(({ databaseId, verdict }) => [databaseId, verdict])).toEqual(places.map(({ databaseId }) => [databaseId, 'verified']))
    // A document that is not where it is looked for is only warned of: the passage alone would do.
    expect(it.logged.filter(({ event }) => event === 'citation-without-text')).toEqual([])
  })

  test('a database of somebody else is not found, and a filter that is bound in one of them holds there', async () => {
    await expect(answer('leave', [places[0], { caller: ann, databaseId: places[1].databaseId }])).rejects.toThrow(/no such database/)
    const bound = { ...places[1], caller: { ...bob, filter: filterFromJson({ team: 'b' }) } }
    const names = (events: readonly AnswerEvent[]) => passagesOf(events).map(({ databaseId, name }) => [databaseId, name])
    expect(names(await answer('leave trains hotel team lead', [places[0], bound]))).not.toContainEqual([places[1].databaseId, 'leave.txt'])
    expect(names(await answer('leave trains hotel team lead', places))).toContainEqual([places[1].databaseId, 'leave.txt'])
  })
})
