import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clocksOf, sameClock } from './clocks.ts'
import { numbersOf } from './numbers.ts'
import { valuesInWords } from './numbers-in-words.ts'
import { ordinalsOf, partsOf } from './ordinals.ts'

const UNDER_TWENTY = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
  ' ',
)
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

function spelled(value: number, and: string): string {
  if (value < 20) return UNDER_TWENTY[value] ?? ''
  if (value < 100) return `${TENS[Math.floor(value / 10) - 2]}${value % 10 === 0 ? '' : `-${UNDER_TWENTY[value % 10]}`}`
  const [scale, name] = value < 1000 ? [100, 'hundred'] : value < 1e6 ? [1000, 'thousand'] : [1e6, 'million']
  const rest = value % scale
  return `${spelled(Math.floor(value / scale), and)} ${name}${rest === 0 ? '' : ` ${rest < 100 ? and : ''}${spelled(rest, and)}`}`
}

describe('numbers in words', () => {
  test('are what they say, in any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 999_999_999 }), fc.constantFrom('', 'and '), (value, and) => {
        const found = valuesInWords(`It costs ${spelled(value, and)} dollars.`)
        expect(found, spelled(value, and)).toHaveLength(1)
        expect((found[0]?.value ?? 0) * (found[0]?.scale ?? 1)).toBe(value)
      }),
      { numRuns: 1000 },
    )
  })
  test.each([
    ['two, three and four', [2, 3, 4]],
    ['one and a half hours', [1.5]],
    ['anderthalb Stunden', [1.5]],
    ['one of the two', [2]],
    ['five million', [5]],
    ['two dozen, a dozen, twelve dozen', [2, 1, 12]],
  ])('%s', (text, values) => {
    expect(valuesInWords(text).map(({ value }) => value)).toEqual(values)
  })
})

describe('numbers beside scripts without spaces', () => {
  test.each([
    ['価格は1,200円です', 1200, undefined, 'yen'],
    ['売上高は5億円', 5, 1e8, 'yen'],
    ['24時間以内', 24, undefined, 'hour'],
    ['1億5000万円', 150_000_000, undefined, 'yen'],
    ['5千万円', 5, 1e7, 'yen'],
    ['가격은 5000원입니다', 5000, undefined, 'won'],
    ['5 일 동안', 5, undefined, 'day'],
    ['14 일본 회사', 14, undefined, undefined],
    ['3개월', 3, undefined, 'month'],
    ['总共30人', 30, undefined, 'person'],
  ])('%s', (text, value, scale, unit) => {
    const [first] = numbersOf(text)
    expect([(first?.values[0] ?? 0) * (scale ?? first?.scale ?? 1), first?.unit]).toEqual([value * (scale ?? 1), unit])
    if (scale !== undefined) expect(first?.scale).toBe(scale)
  })
  test('what is written right at a number is its unit', () => {
    expect(numbersOf('10kWh, 5000mAh, 3rd, 10b5-1, 5km').map(({ values, unit }) => [values[0], unit])).toEqual([
      [10, 'kwh'],
      [5000, 'mah'],
      [3, undefined],
      [1, undefined],
      [5, 'kilometre'],
    ])
  })
})

describe('times of day', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  const [two, twelve] = [(value: number) => String(value).padStart(2, '0'), (hour: number) => (hour % 12 === 0 ? 12 : hour % 12)]
  const forms: readonly ((hour: number, rest: number) => string)[] = [
    (hour, rest) => `${two(hour)}:${two(rest)}`,
    (hour, rest) => `${hour}h${two(rest)}`,
    (hour, rest) => `${hour}.${two(rest)} Uhr`,
    (hour, rest) => `${twelve(hour)}:${two(rest)} ${hour < 12 ? 'am' : 'pm'}`,
    (hour, rest) => `${twelve(hour)}:${two(rest)}${hour < 12 ? 'AM' : 'PM'}`,
    (hour, rest) => `${twelve(hour)}:${two(rest)} ${hour < 12 ? 'a.m.' : 'p.m.'}`,
    (hour, rest) => (rest === 0 ? `${twelve(hour)} ${hour < 12 ? 'am' : 'pm'}` : `${hour}:${two(rest)}`),
  ]
  test('are the same in every form, and no others', () => {
    fc.assert(
      fc.property(minute, minute, fc.constantFrom(...forms), fc.constantFrom(...forms), (at, other, one, two) => {
        const read = (minutes: number, form: (typeof forms)[number]) => clocksOf(`At ${form(Math.floor(minutes / 60), minutes % 60)} it starts.`)[0]
        const [first, same, wrong] = [read(at, one), read(at, two), read(other, two)]
        expect([first?.minutes, same?.minutes]).toEqual([at, at])
        if (first === undefined || same === undefined || wrong === undefined) return
        expect(sameClock(first, same)).toBe('same')
        const days = [first.day, wrong.day]
        const mayBe = days.includes('open') && days.includes('halves')
        if (at !== other) expect(sameClock(first, wrong)).toBe(at % 720 === other % 720 && mayBe ? 'half' : 'none')
      }),
      { numRuns: 1000 },
    )
  })
})

test.each([
  ['the second and third quarters of 2022', ['2 quarter', '3 quarter']],
  ['Q3 2022, 2Q23, H1, T4', ['3 quarter', '2 quarter', '1 half', '4 quarter']],
  ['the twelfth month, the 21st day', ['12 ', '21 ']],
  ['the twenty-first session, the thirty second one, the forty‐ninth', ['21 ', '32 ', '49 ']],
  ['the one hundred and first, the two hundred and twenty-third, a thirteenth', ['101 ', '223 ', '13 ']],
  ['twenty first-class seats, hundred people in the third row', ['1 ', '3 ']],
  ['la vingt-deuxième fois, двадцать первый раз', ['22 ', '21 ']],
  ['the first, second, and third quarters, the second to the fourth quarter', ['1 quarter', '2 quarter', '3 quarter', '2 quarter', '4 quarter']],
  [
    'der erste und zweite Quartal, el primer y segundo trimestre, второй и третий кварталы',
    ['1 quarter', '2 quarter', '1 quarter', '2 quarter', '2 quarter', '3 quarter'],
  ],
  ['2. Quartal, 3. Halbjahr, Punkt 4. Ende', ['2 quarter', '3 half']],
  ['per second, 30 second, a second applicant', ['2 ']],
  ['Im ersten Halbjahr', ['1 half']],
  ['第三季度 第4四半期 3분기 하반기', ['3 quarter', '4 quarter', '3 quarter', '2 half']],
  ['la prima volta, prima di tutto', []],
])('ordinals of %s', (text, expected) => {
  expect(ordinalsOf(text).map(({ value, of }) => `${value} ${of ?? ''}`)).toEqual(expected)
})

test.each([
  ['half of them, a third of it, two thirds, three quarters, ½, 3/4', [1 / 2, 1 / 3, 2 / 3, 3 / 4, 1 / 2, 3 / 4]],
  ['the first half, the third quarter, a third applicant, the quarter ended', []],
  ['die Hälfte, zwei Drittel', [1 / 2, 2 / 3]],
])('parts of %s', (text, expected) => {
  expect(partsOf(text, ordinalsOf(text)).map(({ value }) => value)).toEqual(expected)
})
