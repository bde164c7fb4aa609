import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyze, analyzeQuery, chunkTerms, detectLanguage } from './analyze.ts'
import { fold } from './stem.ts'
import { tokens } from './tokens.ts'

const chunk = (text: string, headingPath: string[] = [], context?: string) => ({ text, headingPath, context })

describe('words', () => {
  test.each([
    ['a Hindi vowel sign belongs to its word', 'किताबें पढ़ीं', ['किताबें', 'पढ़ीं'.normalize('NFKC')]],
    ['full-width and ligature forms are the plain ones', 'Ｆｕｌｌ oﬃce', ['full', 'office']],
    ['thousands commas fall away, decimals and versions stay whole', '$82,959.50 in v1.2.3', ['82959.50', 'in', '1.2.3']],
    ['an abbreviation is one word with and without dots', 'U.S. and US', ['us', 'and', 'us']],
    [
      'identifiers are found whole and by their parts',
      'userName max_tokens os.path',
      ['user', 'name', 'username', 'max', 'tokens', 'max_tokens', 'os', 'path', 'os.path'],
    ],
    ['a name with a number is also written without its hyphen', 'IL-6 well-known', ['il', '6', 'il6', 'well', 'known']],
    ['other digits are digits', '٢٠٢٣ २०२४', ['2023', '2024']],
    ['punctuation alone is nothing', '... — !?', []],
  ])('%s', (_, text, expected) => {
    expect(tokens(text)).toEqual(expected)
  })

  test.each([
    ['Chinese', '中华人民共和国成立于1949年', ['人民', '共和国', '1949']],
    ['Thai', 'ประเทศไทยมีประชากรมาก', ['ประชากร', 'มาก']],
    ['Japanese', '東京タワーはどこですか', ['どこ', '東京']],
    ['Korean, where endings join the word', '한국어를 공부합니다', ['한국', '국어']],
  ])('%s is found by its words', (_, text, expected) => {
    expect(tokens(text)).toEqual(expect.arrayContaining(expected))
  })

  test('words come out again as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        for (const word of tokens(text)) {
          expect(word).not.toBe('')
          expect(word.length).toBeLessThanOrEqual(64)
          expect(word.isWellFormed()).toBe(true)
        }
      }),
    )
  })

  test('twice the text yields twice the words, also for text without any space', () => {
    for (const unit of ['word ', 'a.b-c,d’', '人', 'ก', 'aB', '_', 'नि', '1,']) {
      const count = (times: number) => tokens(unit.repeat(times)).length
      expect(count(8000)).toBeLessThanOrEqual(2.1 * count(4000) + 8)
    }
  })
})

describe('folding', () => {
  test('folding twice is folding once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text))
      }),
    )
  })

  test.each([
    ['café', 'cafe'],
    ['straße', 'strasse'],
    ['λόγος', 'λογοσ'],
    ['हिन्दी', 'हिन्दी'],
    ['й', 'й'],
  ])('%s becomes %s', (word, folded) => {
    expect(fold(word)).toBe(folded)
  })
})

describe('languages', () => {
  test.each([
    ['en', 'The president of the association was elected in the spring and it is known for that.'],
    ['de', 'Der Präsident des Verbandes wurde im Frühling gewählt und ist für die Reform bekannt.'],
    ['es', 'El presidente de la asociación fue elegido en la primavera y es conocido por la reforma.'],
    ['fr', 'Le président de l’association est élu dans les villes et il est connu pour la réforme.'],
    ['ro', 'Președintele asociației a fost ales în primăvară și este cunoscut pentru reforma sa.'],
    ['tr', 'Derneğin başkanı bu bahar için seçildi ve reform ile bilinen bir kişi olarak çok sevildi.'],
    ['vi', 'Những người đã đến Việt Nam là các nhà khoa học được biết đến với cải cách.'],
    ['ru', 'Президент ассоциации был избран весной'],
    ['el', 'Ο πρόεδρος της ένωσης εξελέγη την άνοιξη'],
    ['hi', 'संघ के अध्यक्ष को वसंत में चुना गया'],
    ['ar', 'انتخب رئيس الجمعية في الربيع'],
  ])('%s', (language, text) => {
    expect(detectLanguage(text)).toBe(language)
  })

  test.each(['', '2022 | 117,154 | 94,836', 'Xyzzy plugh', 'Президентка їхньої спілки', 'این کتاب چیست'])('nothing is claimed about %j', (text) => {
    expect(detectLanguage(text)).toBeUndefined()
  })

  test.each([
    ['de', 'Häuser', 'Haus'],
    ['es', 'naciones', 'nación'],
    ['ro', 'acţiunile', 'acțiunile'],
    ['tr', "İstanbul'un", 'istanbul'],
    ['hi', 'लड़कियों', 'लड़की'],
    ['ar', 'المدرسة', 'مدرسة'],
    ['ru', 'дома́ми', 'домами'],
    ['el', 'πόλεις', 'πόλης'],
    ['en', "banks'", 'bank'],
    ['en', 'the bank’s', "bank's"],
  ])('%s: %s and %s are one term', (language, one, other) => {
    expect(analyze(one, language)).toEqual(analyze(other, language))
  })

  test('Vietnamese keeps its tones, which tell words apart', () => {
    expect(analyze('ma mà má', 'vi')).toEqual(['ma', 'mà', 'má'])
  })
})

describe('a question finds what the chunks hold', () => {
  const texts = [
    ['Were the houses of the city sold?', 'The house was sold by the city and it is not known who the buyer was.'],
    ['Kündigungsfristen Wohnung', 'Die Kündigungsfrist der Wohnungen ist in den Verträgen für das Jahr geregelt.'],
    ['Net sales Q3', 'Net sales | Q3'],
    ['किताबें', 'यह किताब मेरी है'],
    ['naive approach', 'The naïve approach is not for the faint of heart and it was known.'],
  ] as const

  test.each(texts)('%s', (question, text) => {
    const terms = new Set(chunkTerms(undefined, chunk(text)).body)
    const words = Map.groupBy(analyzeQuery(question), ({ word }) => word)
    const found = [...words.values()].filter((forms) => forms.some(({ term }) => terms.has(term)))
    expect(found.length / words.size).toBeGreaterThan(0.6)
  })

  test('forms of a word share its number, words are numbered in order', () => {
    const terms = analyzeQuery('gross margins')
    expect([...new Set(terms.map(({ word }) => word))]).toEqual([0, 1])
    expect(terms.filter(({ word }) => word === 1).map(({ term }) => term)).toEqual(expect.arrayContaining(['margins', 'margin']))
  })

  test('function words alone ask for nothing', () => {
    expect(analyzeQuery('what is the')).not.toContainEqual(expect.objectContaining({ term: 'the' }))
    expect(analyzeQuery('to be or not to be')).toEqual([])
  })

  test('fields are kept apart, and a context is part of the body', () => {
    const terms = chunkTerms('Annual report', chunk('Total 5', ['Income', 'Quarters'], 'Name | Value'))
    expect(terms.headings).toHaveLength(2)
    expect(terms.title).toHaveLength(2)
    expect(terms.body).toHaveLength(4)
  })
})
