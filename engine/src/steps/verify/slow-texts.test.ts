import { describe, expect, test } from 'vitest'
import { analyze, detectLanguage } from '../analyze/analyze.ts'
import { isCommonWord } from '../analyze/language.ts'
import { supportOf } from './support.ts'

const language = { analyze, languageOf: detectLanguage, isCommon: isCommonWord }
const judge = (said: string, cited: string) => supportOf(said, [{ cited, names: '', around: cited, document: cited, pages: undefined }], 1, language).verdict

describe('no text takes time that grows faster than it', () => {
  // Before ordinals, denials, clocks, figures and lists, and behind them, as long as a passage and as short as a window.
  const heads = [
    'Contents 1. ',
    'The first ',
    'Phase 1, 2. and ',
    'declined to ',
    'stopped the ',
    'ne ',
    'né ',
    'It is ',
    'fell',
    'plan',
    'un',
    'at 3:',
    '点',
    '3点',
    '$',
    '(',
    'The half ',
    'a ',
    'However ',
    'Unfortunately,',
    'The documents do not say how ',
    '> ',
    '**',
    'weiger',
    'two hundred ',
    '|',
    '',
    'Version 1.',
    'soll ',
    'one ',
    'the twenty-',
    'page ',
  ]
  const fills = [
    'e',
    'y',
    'и',
    'A',
    'é',
    '7',
    '1.',
    '1,',
    '1 ',
    '111 ',
    ' ',
    '\n',
    '\t',
    ' e',
    'e ',
    ' to',
    ' and ',
    '-e',
    '-',
    ', ',
    '"',
    '“',
    "'",
    '?',
    '|',
    '| ',
    '|-',
    ':-',
    '[1',
    '一',
    'ly ',
    'fell',
    'first ',
    'not ',
    'ne ',
    '3:00 ',
    'e\u0301',
    '1/2 ',
    '½',
    '. ',
    '; ',
    'Q1 ',
    '*',
    '> ',
    'half ',
    'und',
  ]
  const verdicts = ['verified', 'weak', 'unsupported', 'uncited']
  test('in a window behind any words', () => {
    for (const head of heads) {
      for (const fill of fills) {
        const hostile = `${head}${fill.repeat(Math.ceil(40 / fill.length))} 7x`
        expect(verdicts).toContain(judge('The report was signed.', `${hostile}\nThe report was signed in Bern.`))
      }
    }
  })
  test('in a whole passage or sentence', () => {
    fills.forEach((fill, index) => {
      const hostile = `${heads[index % heads.length]}${fill.repeat(Math.ceil(2000 / fill.length))} 7x`
      expect(verdicts).toContain(judge('The report was signed.', `${hostile}\nThe report was signed in Bern.`))
      expect(verdicts).toContain(judge(hostile, 'The report was signed.'))
    })
  })
})
