import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEEDS, LANGUAGES, snippet } from './snippets.ts'

const input = { address: 'http://127.0.0.1:8000', database: 'db_1', question: 'How do I request leave?', key: undefined }

test.each(LANGUAGES.flatMap((language) => DEEDS.map((deed) => [language, deed] as const)))('%s %s names the variable, or holds the key', (language, deed) => {
  expect(snippet(language, deed, input)).toContain('QUARRY_KEY')
  const filled = snippet(language, deed, { ...input, key: 'qk_secret' })
  expect(filled).toContain('Bearer qk_secret')
  expect(filled).not.toContain('QUARRY_KEY')
})

test('any question stands in TypeScript as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (question) => {
      const code = snippet('typescript', 'ask', { ...input, question })
      const [, object = ''] = /JSON\.stringify\((\{.*\})\),\n/s.exec(code) ?? []
      expect(new Function(`return (${object})`)()).toEqual({ question })
    }),
  )
})
