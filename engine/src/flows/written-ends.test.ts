import { describe, expect, test } from 'vitest'
import { STRICTNESS } from '../domain/answering.ts'
import { NOT_ANSWERED } from './extractive.ts'
import { LEAVE, told, write } from './written.fixture.ts'
import { CUT_OFF } from './written.ts'

describe('brackets', () => {
  test('several quotes in one bracket are checked one by one', async () => {
    const { text, citations, verdicts } = await write([
      told('Employees request leave in the portal and call Anna Keller [1: "Employees request leave in the portal"; 2: "Sick employees call Anna Keller"].'),
    ])
    expect(text).toBe('Employees request leave in the portal and call Anna Keller [1] [2].')
    expect(citations.map(({ verdict, page }) => [verdict, page])).toEqual([
      ['verified', 1],
      ['verified', 2],
    ])
    expect(verdicts).toEqual(['verified'])
  })
  test('quantities in brackets are said', async () => {
    const { text } = await write([told('The team lead decides within [3 days] of `a[0]` [1: "The team lead decides within 3 days"].')])
    expect(text).toBe('The team lead decides within [3 days] of `a[0]` [1].')
  })
})

describe('a reply that holds no answer', () => {
  test.each(STRICTNESS)('%s: the words for it are never shown, whatever stands around them', async (strictness) => {
    for (const words of ['NOT_IN_DOCUMENTS', '**NOT_IN_DOCUMENTS**', '`NOT_IN_DOCUMENTS`.', '"not_in_documents"', '- NOT_IN_DOCUMENTS'])
      expect(await write([told(words)], strictness), words).toMatchObject({ text: NOT_ANSWERED, answered: false })
  })
  test('what was said before them stays, and what comes behind', async () => {
    expect(await write([told('I looked everywhere. **NOT_IN_DOCUMENTS**')])).toMatchObject({ text: `I looked everywhere.\n\n${NOT_ANSWERED}`, answered: false })
    expect(await write([told('I looked everywhere. NOT_IN_DOCUMENTS')], 'remove')).toMatchObject({ text: NOT_ANSWERED, answered: false })
    expect(await write([told(`${LEAVE} For cars: NOT_IN_DOCUMENTS. `), told(LEAVE)])).toMatchObject({
      answered: true,
      text: expect.stringMatching(/cars:.*portal \[1\]/),
    })
  })
  test.each([
    ['nothing', []],
    ['blanks', [told(' \n')]],
    ['a thought that never ends', [told('<think>They ask for '), told('leave. Employees request leave in the portal.')]],
    ['thoughts alone', [told('<think>Hm.</think>\n')]],
  ])('%s is no reply: another model, or the documents, may answer', async (_, stream) => {
    for (const strictness of STRICTNESS)
      for (const isCut of [false, true])
        await expect(write(stream, strictness, 'markers', isCut)).rejects.toMatchObject({ code: 'model/unavailable', facts: { model: 'test:told' } })
  })
})

describe('a reply that the limit of tokens cut', () => {
  test('says so at its end, and shows no part of a mark', async () => {
    for (const part of ['[', '[1', '[1:', '[1: "The team', '[1: "The team lead"; 2', '[1-', '[1; 2']) {
      const { text, answered, citations } = await write([told(`${LEAVE} The team lead decides `), told(part)], 'mark', 'markers', true)
      expect([text, answered, citations.length], part).toEqual([`Employees request leave in the portal [1]. The team lead decides\n\n(${CUT_OFF})`, true, 1])
    }
  })
  test('with what it cites natively too', async () => {
    const { text } = await write(
      [told('The team lead decides within 3 days.'), { type: 'citation', passage: 1, quote: undefined }, told(' It')],
      'mark',
      'native',
      true,
    )
    expect(text).toBe(`The team lead decides within 3 days. [1] It\n\n(${CUT_OFF})`)
  })
  test('by strictness', async () => {
    const stream = [told(`${LEAVE} Managers may take up to`)]
    expect((await write(stream, 'remove', 'markers', true)).text).toBe(`Employees request leave in the portal [1].\n\n(${CUT_OFF})`)
    expect(await write([told(LEAVE)], 'withhold', 'markers', true)).toMatchObject({ answered: true, text: expect.stringContaining(CUT_OFF) })
    expect(await write(stream, 'withhold', 'markers', true)).toMatchObject({ answered: false, text: expect.stringMatching(/^The answer is withheld/) })
    await expect(write([told('Managers may take up to')], 'remove', 'markers', true)).rejects.toMatchObject({ code: 'model/unavailable' })
    await expect(write([told('Sure!')], 'withhold', 'markers', true)).rejects.toMatchObject({ code: 'model/unavailable' })
  })
  test('but one that refuses has said all', async () => {
    expect(await write([told('NOT_IN_DOCUMENTS because')], 'mark', 'markers', true)).toMatchObject({ text: NOT_ANSWERED, answered: false })
  })
  test('without a source it says both', async () => {
    const { text, answered } = await write([told('Cats are grey and')], 'mark', 'markers', true)
    expect([text, answered]).toEqual([`Cats are grey and\n\n(${CUT_OFF})\n\n(No passage of the documents supports this answer.)`, false])
  })
})
