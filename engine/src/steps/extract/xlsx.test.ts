import * as sheets from '@e965/xlsx'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, outline, RELATIONSHIPS, readsTheManifest, readWith, relationships, survivesDamage, survivesDamagedParts, zipped } from './ooxml.contract.ts'
import { columnOf, readXlsx } from './xlsx.ts'
import { formatted, styleOf } from './xlsx-format.ts'

const MAIN = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${RELATIONSHIPS}"`
const sheet = (rows: string) => `<worksheet ${MAIN}><dimension ref="A1:XFD1048576"/><sheetData>${rows}</sheetData><mergeCells/></worksheet>`

const parts: Record<string, string> = {
  '_rels/.rels': relationships(['r1', 'officeDocument', 'xl/workbook.xml']),
  'xl/workbook.xml': `<workbook ${MAIN}><sheets><sheet name="Staff" sheetId="1" r:id="s1"/><sheet name="Secret" sheetId="2" state="hidden" r:id="s2"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': relationships(
    ['s1', 'worksheet', 'worksheets/sheet1.xml'],
    ['s2', 'worksheet', '/xl/worksheets/sheet2.xml'],
    ['t', 'sharedStrings', 'sharedStrings.xml'],
    ['y', 'styles', 'styles.xml'],
  ),
  'xl/sharedStrings.xml': `<sst ${MAIN}><si><t>Name</t></si><si><r><t>Start </t></r><r><t>date</t></r><rPh><t>ナマエ</t></rPh></si><si><t>Ada_x000D_</t></si></sst>`,
  'xl/styles.xml': `<styleSheet ${MAIN}><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>`,
  'xl/worksheets/sheet1.xml': sheet(
    `<row r="1"><c r="A1" t="inlineStr"><is><t>People of 2024</t></is></c></row><row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="D2" t="str"><v>Share</v></c></row><row r="3"><c r="A3" t="s"><v>2</v></c><c r="B3" s="1"><v>45413</v></c><c r="D3" s="2"><f>1/3</f><v>0.33333</v></c></row><row r="4"/><row r="1048576"><c r="XFD1048576" t="b"><v>1</v></c><c r="A1048576" t="e"><v>#REF!</v></c></row>`,
  ),
  'xl/worksheets/sheet2.xml': sheet('<row><c><v>1.1000000000000001</v></c><c><v>2</v></c></row>'),
}

test('sheets are sections; tables have their header; dates are ISO', async () => {
  expect(outline(await readWith(readXlsx, zipped(parts)))).toEqual([
    'h1: Staff',
    'paragraph (Staff): People of 2024',
    'table+ (Staff): Name | Start date | Share\nAda | 2024-05-01 | 33.33%',
    'paragraph (Staff): TRUE',
    'h1: Secret',
    'table (Secret): 1.1 | 2',
  ])
})

test('a short text used very often is counted before it is written', async () => {
  const rows = Array.from({ length: 2_000 }, (_, index) => `<row r="${index + 1}"><c r="A${index + 1}" t="s"><v>0</v></c></row>`).join('')
  const bomb = { ...parts, 'xl/sharedStrings.xml': `<sst ${MAIN}><si><t>${'x'.repeat(30_000)}</t></si></sst>`, 'xl/worksheets/sheet1.xml': sheet(rows) }
  expect(await codeOf(readWith(readXlsx, zipped(bomb)))).toBe('document/too-large')
})

test('what another program writes comes back cell by cell', async () => {
  const value = fc.oneof(
    fc.stringMatching(/^[A-Za-zäöüß東京]{1,12}$/),
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => Number(number.toPrecision(12))),
    fc.boolean(),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(value, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
      fc.constantFrom('xlsx', 'ods'),
      async (rows, bookType) => {
        const book = sheets.utils.book_new(sheets.utils.aoa_to_sheet(rows), 'Data')
        const extracted = await readWith(readXlsx, new Uint8Array(sheets.write(book, { type: 'buffer', bookType: bookType as 'xlsx' | 'ods', bookSST: true })))
        const cells = extracted.text.split(/\n+| \| /).slice(1)
        const wanted = rows.flat().map((one) => (typeof one === 'boolean' ? String(one).toUpperCase() : String(one === 0 ? 0 : one)))
        expect(cells.filter((cell) => cell !== '' && cell !== '|')).toEqual(wanted)
      },
    ),
    { numRuns: 40 },
  )
})

describe('numbers', () => {
  test.each([
    ['dd.mm.yyyy', 'date'],
    ['yyyy\\-mm\\-dd\\ hh:mm', 'datetime'],
    ['[$-409]h:mm AM/PM', 'time'],
    ['[h]:mm', 'duration'],
    ['#,##0.00 "days"', 'general'],
    ['General', 'general'],
    ['0.0%', { percentDigits: 1 }],
  ])('the format %s', (code, style) => {
    expect(styleOf(code)).toEqual(style)
  })
  test.each([
    [45413, 'date', false, '2024-05-01'],
    [45413.75, 'datetime', false, '2024-05-01T18:00:00'],
    [0.5, 'time', false, '12:00:00'],
    [1.5, 'duration', false, '36:00:00'],
    [59, 'date', false, '1900-02-28'],
    [0, 'date', true, '1904-01-01'],
    [-1, 'date', false, '-1'],
    [1e300, 'date', false, '1e+300'],
  ] as const)('%d as %s', (number, style, date1904, text) => {
    expect(formatted(number, style, date1904)).toBe(text)
  })
})

test.each([
  ['A1', 0],
  ['XFD9', 16_383],
  ['AB12', 27],
  [undefined, undefined],
  ['12', undefined],
])('the column of %s', (reference, column) => {
  expect(columnOf(reference)).toBe(column)
})

const ODS = (rows: string) =>
  zipped({
    'content.xml': `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="One">${rows}</table:table></office:spreadsheet></office:body></office:document-content>`,
  })
test('OpenDocument rows and cells that are repeated a million times are nothing', async () => {
  const empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
  const filled =
    '<table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>a</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-05-01"><text:p>1.5.24</text:p></table:table-cell></table:table-row>'
  expect(outline(await readWith(readXlsx, ODS(empty + filled + empty)))).toEqual(['h1: One', 'table (One): a | a | 2024-05-01'])
})

survivesDamage(readXlsx, () => zipped(parts))
survivesDamagedParts(readXlsx, parts)
readsTheManifest(readXlsx, ['xlsx', 'ods'])
