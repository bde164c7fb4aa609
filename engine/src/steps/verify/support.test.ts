import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyze, detectLanguage } from '../analyze/analyze.ts'
import { isCommonWord } from '../analyze/language.ts'
import { datesOf } from './dates.ts'
import { numbersOf, valuesOf } from './numbers.ts'
import { type Evidence, supportOf } from './support.ts'

const language = { analyze, languageOf: detectLanguage, isCommon: isCommonWord }
const evidence = (cited: string, facts: Partial<Evidence> = {}): Evidence => ({
  cited,
  names: 'Annual report\nAcme Corporation',
  around: cited,
  document: cited,
  pages: [4, 4],
  ...facts,
})
const judge = (sentence: string, cited: string, facts?: Partial<Evidence>) => supportOf(sentence, [evidence(cited, facts)], 1, language)

/** Sentences of many languages, each with figures, a name and something denied or turned somewhere. */
const SENTENCES = [
  'Net sales of the group rose by 5.3% to $1,234 million in 2023, after a loss of (12.4) million the year before.',
  'The board of Acme Corporation does not expect that Anna Müller will leave the international division before March 2025.',
  'Employees request leave in the portal at least two weeks ahead, and the team lead decides within 3 days.',
  'Flights shorter than 600 kilometres are never paid, except to Rome and Oslo.',
  'Der Umsatz in der Schweiz fiel 2022 um 1.234,5 Millionen Euro, während Anna Keller nicht im Vorstand blieb.',
  'Los empleados de Sevilla no trabajan más de 38,5 horas por semana desde el 25 de junio de 2022.',
  'Le chiffre d’affaires de Renault a augmenté de 12 % en 2021, sans aucune aide de la région.',
  'Выручка компании Лукойл выросла на 12,5 % до 12 млрд рублей, но не в Сибири.',
  'Derneğin İstanbul şubesi 2019 yılında 45 üye kazandı ve hiçbir zarar etmedi.',
  'Veniturile firmei Dacia au crescut cu 7,5 milioane lei în 2020, fără sprijinul statului.',
  '会社は2023年に東京で新しい本社を開きました。',
  '公司2023年在北京的利润为10亿元，没有亏损。',
  'भारत की राजधानी नई दिल्ली है और इसकी जनसंख्या 2 करोड़ है।',
  'تأسست الشركة في القاهرة عام 1998 ولم تحقق أرباحا في أول 3 سنوات.',
  'กรุงเทพมหานครมีประชากร 8 ล้านคน และไม่มีภูเขา',
  'Η εταιρεία ιδρύθηκε στην Αθήνα το 1998 και δεν έχει 300 υπαλλήλους.',
  'Công ty ở Hà Nội tăng 15 % trong năm 2020 và không có lỗ.',
]
const ALL = SENTENCES.join('\n')
const sentence = fc.constantFrom(...SENTENCES)

describe('a sentence copied from what it cites', () => {
  test('is verified, alone or among others, whatever its spaces and its mark', () => {
    fc.assert(
      fc.property(sentence, fc.boolean(), fc.constantFrom('', '- ', '**'), fc.constantFrom(' ', '\n', '\u00a0 '), (one, among, mark, space) => {
        const written = `${mark}${one.replace(/ (?=[^ ]{4})/g, space)}${mark === '**' ? mark : ''}`
        expect(judge(written, among ? ALL : one), written).toEqual({ verdict: 'verified', reason: undefined })
      }),
      { numRuns: 400 },
    )
  })
})

describe('a sentence that was changed', () => {
  test('in a number is never verified', () => {
    fc.assert(
      fc.property(sentence, fc.nat(), fc.integer({ min: 1, max: 9 }), fc.boolean(), (one, which, add, among) => {
        const digits = [...one.matchAll(/\d/g)]
        const digit = digits[which % digits.length]
        fc.pre(digit !== undefined)
        const at = digit?.index ?? 0
        const changed = one.slice(0, at) + String((Number(one.charAt(at)) + add) % 10) + one.slice(at + 1)
        expect(judge(changed, among ? `${one}\n${SENTENCES[3]}` : one).verdict, changed).not.toBe('verified')
      }),
      { numRuns: 1500 },
    )
  })
  test('in a name is never verified', () => {
    const names =
      /Acme|Corporation|Anna|Müller|Rome|Oslo|Schweiz|Keller|Sevilla|Renault|Лукойл|Сибири|İstanbul|Dacia|東京|北京|दिल्ली|القاهرة|กรุงเทพ|Αθήνα|Hà Nội/g
    const strangers = ['Globex', 'Zürich', 'Мурманск', '大阪', 'मुंबई', 'طنجة', 'ภูเก็ต', 'Σπάρτη', 'Quuxville']
    fc.assert(
      fc.property(sentence, fc.nat(), fc.constantFrom(...strangers), (one, which, stranger) => {
        const places = [...one.matchAll(names)]
        const place = places[which % Math.max(1, places.length)]
        fc.pre(place !== undefined)
        const changed = one.slice(0, place?.index) + stranger + one.slice((place?.index ?? 0) + (place?.[0].length ?? 0))
        expect(judge(changed, one, { names: '' }).verdict, changed).not.toBe('verified')
      }),
      { numRuns: 800 },
    )
  })
  test.each([
    ['The board of Acme Corporation does expect that Anna Müller will leave the international division before March 2025.', 1],
    ['The board of Acme Corporation expects that Anna Müller will leave the international division before March 2025.', 1],
    ['Flights shorter than 600 kilometres are paid, except to Rome and Oslo.', 3],
    ['Net sales of the group never rose by 5.3% to $1,234 million in 2023.', 0],
    ['Employees do not request leave in the portal.', 2],
    ['Los empleados de Sevilla trabajan más de 38,5 horas por semana.', 5],
    ['Anna Keller blieb im Vorstand, während der Umsatz in der Schweiz 2022 um 1.234,5 Millionen Euro fiel.', 4],
    ['Veniturile firmei Dacia au crescut cu 7,5 milioane lei în 2020, cu sprijinul statului.', 9],
    ['公司2023年在北京的利润为10亿元，有亏损。', 11],
    ['กรุงเทพมหานครมีประชากร 8 ล้านคน และมีภูเขา', 14],
    ['Η εταιρεία ιδρύθηκε στην Αθήνα το 1998 και έχει 300 υπαλλήλους.', 15],
    ['Công ty ở Hà Nội tăng 15 % trong năm 2020 và có lỗ.', 16],
  ])('in what it denies is unsupported: %s', (changed, of) => {
    expect(judge(changed, SENTENCES[of] ?? '').verdict).toBe('unsupported')
  })
  test.each([
    ['Net sales of the group fell by 5.3% to $1,234 million in 2023.', 0, /direction/],
    ['Der Umsatz in der Schweiz stieg 2022 um 1.234,5 Millionen Euro.', 4, /direction/],
    ['Выручка компании Лукойл снизилась на 12,5 % до 12 млрд рублей.', 7, /direction/],
    ['Net sales of the group rose by 5.3% to $1,234 billion in 2023.', 0, /1,234 billion/],
    ['Net sales of the group rose by 5.3% to €1,234 million in 2023.', 0, /another unit/],
    ['Net sales of the group rose by 5.3 to $1,234 million in 2023.', 0, /another unit/],
    ['The team lead decides within 3 weeks.', 2, /another unit/],
    ['The group had a profit of 12.4 million the year before.', 0, /12.4/],
    ['Employees request leave in the portal and receive a company car.', 2, /receive a company car/],
    ['Employees request leave in the portal (page 9).', 2, /page 9.*page 4/],
  ])('in direction, unit, sign, clause or page is told: %s', (changed, of, reason) => {
    const found = judge(changed, SENTENCES[of] ?? '')
    expect(found.verdict).not.toBe('verified')
    expect(found.reason).toMatch(reason)
    expect(found.reason).toMatch(/\.$/)
  })
})

describe('the same in other words', () => {
  test.each([
    ['Leave was approved by the lead.', 'Leave was approved by the lead of the team.'],
    ['In 2023 the group had net sales of 1,234 million dollars, up 5.3 percent.', SENTENCES[0]],
    ['Net sales were $1.234 billion in 2023.', SENTENCES[0]],
    ['Acme’s board does not expect Anna Müller to leave the division before March 2025.', SENTENCES[1]],
    ['Leave is requested in the portal, 2 weeks ahead.', SENTENCES[2]],
    ['The team lead decides within three days.', SENTENCES[2]],
    ['On 25 June 2022 sales were 5.', 'On 2022-06-25 sales were 5.'],
    ['On 25.06.2022 sales were 5.', 'Sales were 5 on June 25, 2022.'],
    ['Am 25. Juni 2022 betrug der Umsatz 12.000.000 Euro.', 'Der Umsatz betrug am 25.06.2022 insgesamt 12 Mio. Euro.'],
    ['Le bénéfice est de 12 000 000 euros.', 'Le bénéfice de l’année est de 12 millions d’euros.'],
    ['Прибыль составила 12 млн рублей.', 'За год прибыль составила 12 000 000 рублей.'],
    ['利润为10亿元。', '公司2023年在东京开设了新总部，利润为10亿元。'],
    ['The population is 20,000,000.', 'The population is 2 crore.'],
    ['In the third quarter net sales were 5.', 'Net sales in Q3 were 5.'],
    ['Products brought $82,959 million.', 'Products | 82,959 | 56,257', { around: 'In millions of dollars\nProducts | 82,959 | 56,257' }],
    ['Acme brought $82.959 billion with products.', 'Products | 82,959 | 56,257', { around: 'In millions of dollars\nProducts | 82,959 | 56,257' }],
  ] as const)('is verified: %s', (said, cited, facts?: Partial<Evidence>) => {
    expect(judge(said, cited ?? '', facts)).toEqual({ verdict: 'verified', reason: undefined })
  })
  test.each([
    ['a missing word', 'The group lost 12.4 million the year before 2023.', SENTENCES[0], undefined, /lost/],
    ['a rounded number', 'Net sales were $1.2 billion in 2023.', SENTENCES[0], undefined, /rounded/],
    ['a number of the passage', 'Products brought 7.', 'Products brought much.', { around: 'Products brought much. The tax was 7.' }, /near/],
    ['a name of the document', 'Karl Meier leads products.', 'He leads products.', { document: 'Karl Meier is new. He leads products.' }, /elsewhere/],
    [
      'another language',
      'Die Kündigung der Wohnung ist für die Mieter nicht in drei Monaten möglich.',
      'The tenants are not able to leave the flat within three months.',
      undefined,
      /another language/,
    ],
    ['next to nothing', 'Yes.', SENTENCES[0], undefined, /too little/],
  ] as const)('%s is weak', (_, said, cited, facts, reason) => {
    const found = judge(said, cited ?? '', facts)
    expect(found).toEqual({ verdict: 'weak', reason: expect.stringMatching(reason) })
  })
})

describe('a true sentence with another deciding word', () => {
  test.each([
    ['The board approved the plan.', 'The board rejected the plan.', 'unsupported'],
    ['The director was convicted of fraud.', 'The director was acquitted of fraud.', 'unsupported'],
    ['The insurance covers floods.', 'The insurance excludes floods.', 'unsupported'],
    ['Smoking is permitted in the lobby.', 'Smoking is prohibited in the lobby.', 'unsupported'],
    ['Das Rauchen ist in der Halle erlaubt.', 'Das Rauchen ist in der Halle verboten.', 'unsupported'],
    ['The request was granted by the court.', 'The request was refused by the court.', 'unsupported'],
    ['The company raised the dividend.', 'The company cut the dividend.', 'unsupported'],
    ['Refunds are granted after 14 days.', 'Refunds are granted within 14 days.', 'unsupported'],
    ['The office is open on Mondays.', 'The office is open on weekdays but not on Mondays.', 'weak'],
    ['The feature is in version 2.10.', 'The feature is in version 2.1.', 'unsupported'],
    ['The feature is in version 2.0.', 'The feature is in version 2.', 'weak'],
    ['The chair abolished the fund.', 'The chair founded the fund.', 'weak'],
    [
      'The chair of the supervisory committee has abolished the pension fund of the northern branch office.',
      'The chair of the supervisory committee has founded the pension fund of the northern branch office.',
      'weak',
    ],
  ])('%s', (said, cited, verdict) => {
    expect(judge(said, cited).verdict).toBe(verdict)
    expect(judge(cited, cited).verdict).toBe('verified')
  })
})

const TOLD = 'leave summer company founder limit employees portal request'
test.each([
  ['## Leave in summer', 'uncited'],
  ['Employees request leave in the portal:', 'uncited'],
  ['**The company admitted fraud to regulators.**', 'unsupported'],
  ['# The company admitted fraud', 'unsupported'],
  ['**Employees may not request leave**', 'unsupported'],
  ['The company is bankrupt and its founder was arrested:', 'unsupported'],
  ['Did you know that the founder was arrested?', 'unsupported'],
  ['The documents do not mention a limit.', 'uncited'],
  ['The documents do not mention a limit, so employees may take unlimited paid leave.', 'unsupported'],
  ['The documents do not mention a limit because leave is unlimited.', 'unsupported'],
])('with the words of the passages: %s is %s', (said, verdict) => {
  expect(supportOf(said, [], 0, language, (word) => TOLD.includes(word.toLowerCase())).verdict).toBe(verdict)
})

test.each([
  ['Hello!', 'uncited'],
  ['I hope this helps.', 'uncited'],
  ['According to the handbook:', 'uncited'],
  ['Hier ist eine Zusammenfassung:', 'uncited'],
  ['## Leave in summer', 'unsupported'],
  ['|---|---|', 'uncited'],
  ['Do you want to know more?', 'uncited'],
  ['The documents do not say who decides.', 'uncited'],
  ['Employees get 30 days.', 'unsupported'],
  ['Sales rose to 5 million:', 'unsupported'],
  ['Did you know that 5,000 people left?', 'unsupported'],
  ['Everyone gets a car', 'unsupported'],
])('without a citation: %s is %s', (said, verdict) => {
  expect(supportOf(said, [], 0, language).verdict).toBe(verdict)
})

test('what cites only what stands nowhere is unsupported', () => {
  expect(supportOf('Sales rose.', [], 2, language)).toEqual({ verdict: 'unsupported', reason: 'What it cites does not stand in the documents.' })
})

test.each([
  ['1,234.5', [1234.5]],
  ['1.234,5', [1234.5]],
  ['1.234', [1234, 1.234]],
  ['1,23', [1.23]],
  ['1,00,000', [100_000]],
  ['12 000 000', [12_000_000]],
  ["1'234", [1234]],
  ['10:30', []],
  ['1.2.3', []],
  ['1,2,3', undefined],
])('%s can mean %j', (written, values) => {
  expect(valuesOf(written)).toEqual(values)
})

test('numbers and dates are found in every form, and in bounded time', () => {
  expect(numbersOf('twenty-five days, 5 km, Q3, 10b5-1, 3rd').map(({ values, unit }) => [values[0], unit])).toEqual([
    [25, 'day'],
    [5, 'kilometre'],
    [1, undefined],
    [3, undefined],
  ])
  expect(datesOf('June 25, 2022; 25 juin 2022; 2022-06-25; 2022年6月25日').map(({ year, readings }) => [year, readings[0]?.month, readings[0]?.day])).toEqual(
    Array(4).fill([2022, 6, 25]),
  )
  for (const hostile of ['1,'.repeat(20_000), '1 '.repeat(20_000), 'may 1 '.repeat(10_000), '-'.repeat(50_000), 'a-1'.repeat(20_000), '5 x '.repeat(10_000)]) {
    expect(judge(hostile.slice(0, 4000), hostile).verdict).toBeTypeOf('string')
  }
})

test('any text is judged without a fault', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 80 }), (said, cited) => {
      const { verdict, reason } = judge(said, cited)
      expect(reason === undefined).toBe(verdict === 'verified')
    }),
    { numRuns: 500 },
  )
})
