import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf, outline, readsTheManifest, readWith, survivesDamage } from './ooxml.contract.ts'
import { readRtf } from './rtf.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const whole = `{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil Arial;}{\\f1\\fnil\\fcharset238 Arial CE{\\*\\falt Other};}{\\f2\\fcharset128 Mincho;}}
{\\colortbl;\\red255;}{\\stylesheet{\\s0 Normal;}{\\*\\cs10 Default;}{\\s1{\\*\\keycode x}\\outlinelevel0 heading 1;}{\\s7 heading 2;}}
{\\info{\\title A title}{\\author Ada}{\\creatim\\yr2024\\mo5\\dy1\\hr9\\min30}}
{\\header Company {\\b paper}\\par}{\\*\\generator Made;}
\\pard\\s1 Leave\\par\\pard\\s7 Requests\\par
\\pard You have {\\b thirty} days\\'85 {\\f1\\'c8esk\\'fd} {\\f2\\'83\\'65\\'83X\\'83g} \\u8364?\\uc2\\u233\\'65\\'27!{\\deleted gone} {\\*\\unknown hidden}{\\field{\\*\\fldinst HYPERLINK x}{\\fldrslt a link}}{\\footnote A note.}\\par
{\\pict\\bin4 {}}}\\pard{\\listtext\\'b7\\tab}first\\par{\\listtext 2.\\tab}second\\par
\\pard\\trowd\\intbl Name\\cell Days\\cell\\row\\trowd\\intbl Ada\\par Lovelace\\cell 30\\cell\\row
\\pard{\\upr{ansi}{\\*\\ud{unicode}}}\\line next\\par{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv y}}{\\shptxt In a box\\par}}}\\par}`

test('a file with everything', async () => {
  const extracted = await readWith(readRtf, bytes(whole.replace('{\\pict\\bin4 {}}}', '{\\pict\\bin4 {}}x}')))
  expect(outline(extracted)).toEqual([
    'h1: Leave',
    'h2 (Leave): Requests',
    'paragraph (Leave > Requests): You have thirty days… Český テスト €é! a link',
    'paragraph (Leave > Requests): A note.',
    'list (Leave > Requests): - first\n2. second',
    'table+ (Leave > Requests): Name | Days\nAda Lovelace | 30',
    'paragraph (Leave > Requests): unicode\nnext',
    'paragraph (Leave > Requests): In a box',
    'paragraph (Leave > Requests): Company paper',
  ])
  expect(extracted.title).toBe('A title')
  expect(extracted.properties).toEqual({ author: 'Ada', created: '2024-05-01T09:30:00' })
  expect(extracted.warnings).toEqual([])
})

test('any text written with \\u comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), async (text) => {
      const escaped = text
        .split('')
        .map((sign) => `\\u${(sign.charCodeAt(0) << 16) >> 16}?`)
        .join('')
      const extracted = await readWith(readRtf, bytes(`{\\rtf1 <${escaped}>}`))
      const plain = (one: string) => one.normalize('NFC').replace(/\p{Cc}|\s|\u00ad|\ufeff/gu, '')
      expect(plain(extracted.text)).toBe(plain(`<${text}>`))
    }),
    { numRuns: 100 },
  )
})

test.each([
  ['no rich text', 'hello', 'document/corrupt'],
  ['groups nested too deep', `{\\rtf1 ${'{'.repeat(5_000)}`, 'document/hostile'],
  ['nothing but a beginning', '{\\rtf1{\\fonttbl', 'document/truncated'],
])('%s', async (_, text, code) => {
  expect(await codeOf(readWith(readRtf, bytes(text)))).toBe(code)
})

test('a cut-off file says so and keeps its text', async () => {
  const extracted = await readWith(readRtf, bytes('{\\rtf1 Some text {\\b that'))
  expect(extracted.text).toBe('Some text that')
  expect(extracted.warnings).toHaveLength(1)
})

survivesDamage(readRtf, () => bytes(whole), 100)
readsTheManifest(readRtf, ['rtf'])
