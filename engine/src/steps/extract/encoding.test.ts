import fc from 'fast-check'
import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import { decodeText } from './encoding.ts'

const TEXTS: Readonly<Record<string, string>> = {
  'windows-1251': 'Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонских.',
  'koi8-r': 'Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. Всё смешалось в доме Облонских.',
  'windows-1252': 'Die Größe des Gebäudes überraschte die Gäste, denn früher hätte man hier höchstens ein kleines Häuschen gefunden.',
  'windows-1253': 'Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική.',
  'windows-1255': 'הקובץ המפורסם ביותר שנכתב בשפה העברית הוא התנך, והוא נכתב לפני שנים רבות בארץ ישראל על ידי סופרים רבים.',
  'windows-1256': 'في قرية من القرى كان هناك رجل حكيم يعرف كل شيء عن الحياة وكان يعلم الناس كيف يعيشون بسلام وانسجام.',
  shift_jis: '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。',
  'euc-jp': '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。',
  gb18030: '人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。这是大家都知道的事情。',
  big5: '人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。這是大家都知道的事情。',
  'euc-kr': '모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았다.',
}

test.each(Object.entries(TEXTS))('%s is told from its bytes alone', (encoding, text) => {
  const decoded = decodeText(iconv.encode(text, encoding))
  expect(decoded.text).toBe(text)
  expect(decoded.doubt).toMatch(/encoding was taken to be/)
})

test.each(['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'])('any text with a mark in %s comes back', (encoding) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      expect(decodeText(iconv.encode(text, encoding, { addBOM: true })).text).toBe(text)
    }),
  )
})

test.each(['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'])('Latin text in %s is told without a mark', (encoding) => {
  const text = 'An ordinary sentence without any mark at its beginning.\n'
  expect(decodeText(iconv.encode(text, encoding, { addBOM: false }))).toMatchObject({ text, encoding, doubt: undefined })
})

test('what is UTF-8 is never taken for anything else, whatever it is declared to be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constantFrom(undefined, 'windows-1252', 'shift_jis', 'nonsense'), (text, declared) => {
      const bytes = new TextEncoder().encode(`plain words first ${text}`)
      expect(decodeText(bytes, declared)).toMatchObject({ text: `plain words first ${text}`, encoding: 'utf-8' })
    }),
  )
})

test('a declared encoding counts when the bytes allow it, and not when they do not', () => {
  const bytes = iconv.encode('Größe', 'iso-8859-1')
  expect(decodeText(bytes, 'iso-8859-1')).toMatchObject({ text: 'Größe', doubt: undefined })
  expect(decodeText(iconv.encode(TEXTS['windows-1256'] ?? '', 'windows-1256'), 'utf-8').text).toBe(TEXTS['windows-1256'])
})

test('UTF-8 that was cut in the middle of a character stays UTF-8', () => {
  const bytes = new TextEncoder().encode(`${'Größe und Maß überall. '.repeat(20)}ü`)
  expect(decodeText(bytes.subarray(0, -1)).text).toContain('Größe und Maß überall.')
})

test('any bytes at all become a well-formed text or characters of replacement, never an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => typeof decodeText(bytes).text === 'string'))
})
