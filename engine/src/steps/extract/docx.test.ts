import { describe, expect, test } from 'vitest'
import { readDocx } from './docx.ts'
import { headingLevel } from './docx-styles.ts'
import {
  codeOf,
  compound,
  outline,
  RELATIONSHIPS,
  readsTheManifest,
  readWith,
  relationships,
  survivesDamage,
  survivesDamagedParts,
  zipped,
} from './ooxml.contract.ts'

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
const paragraph = (text: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
const styled = (style: string, text: string) => paragraph(text, `<w:pStyle w:val="${style}"/>`)
const listed = (level: number, text: string, list = 1) => paragraph(text, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>`)
const cell = (text: string, properties = '') => `<w:tc><w:tcPr>${properties}</w:tcPr>${paragraph(text)}</w:tc>`
const row = (...cells: string[]) => `<w:tr>${cells.join('')}</w:tr>`
const body = (...blocks: string[]) => `<?xml version="1.0"?><w:document ${W} xmlns:r="${RELATIONSHIPS}"><w:body>${blocks.join('')}</w:body></w:document>`

const STYLES = `<w:styles ${W}>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Chapter head"/><w:basedOn w:val="H2"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="Überschrift 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:type="paragraph" w:styleId="Cap"><w:name w:val="caption"/></w:style></w:styles>`
const NUMBERING = `<w:numbering ${W}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`
const note = (kind: string, text: string) =>
  `<w:${kind}s ${W}><w:${kind} w:id="0" w:type="separator">${paragraph('----')}</w:${kind}><w:${kind} w:id="1" w:author="Ada">${paragraph(text)}</w:${kind}></w:${kind}s>`
const BOX = `<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing><w:txbxContent>${paragraph('In a box')}</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>${paragraph('In a box')}</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`

const parts: Record<string, string> = {
  '_rels/.rels': relationships(['r1', 'officeDocument', 'word/document.xml'], ['r2', 'metadata/core-properties', 'docProps/core.xml']),
  'docProps/core.xml':
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Staff handbook</dc:title><dc:creator>Ada</dc:creator><dcterms:created>2024-05-01T00:00:00Z</dcterms:created></cp:coreProperties>',
  'word/_rels/document.xml.rels': relationships(
    ['s', 'styles', 'styles.xml'],
    ['n', 'numbering', 'numbering.xml'],
    ['f', 'footnotes', 'footnotes.xml'],
    ['c', 'comments', 'comments.xml'],
    ['h1', 'header', 'header1.xml'],
    ['h2', 'header', 'header2.xml'],
    ['x', 'image', 'file:///etc/passwd', 'External'],
  ),
  'word/styles.xml': STYLES,
  'word/numbering.xml': NUMBERING,
  'word/footnotes.xml': note('footnote', 'See the law.'),
  'word/comments.xml': note('comment', 'Really?'),
  'word/header1.xml': `<w:hdr ${W}>${paragraph('Company confidential')}${paragraph('Page 3')}</w:hdr>`,
  'word/header2.xml': `<w:hdr ${W}>${paragraph('Company confidential')}</w:hdr>`,
  'word/document.xml': body(
    styled('T', 'Handbook'),
    styled('berschrift1', 'Leave'),
    `<w:p><w:r><w:t>You have </w:t></w:r><w:ins><w:r><w:t>thirty</w:t></w:r></w:ins><w:del><w:r><w:delText>twenty</w:delText></w:r></w:del><w:r><w:t> days.</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="1"/></w:r></w:p>`,
    styled('Own', 'Requests'),
    listed(0, 'Ask'),
    listed(1, 'in writing'),
    listed(1, 'in time'),
    listed(0, 'Wait'),
    listed(0, 'Rest', 2),
    styled('Loop', 'After the list.'),
    `<w:p><w:r><w:ruby><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGE</w:instrText><w:t> office</w:t></w:r></w:p>`,
    paragraph('Outlined', '<w:outlineLvl w:val="2"/>'),
    BOX,
    `<w:tbl>${row(cell('Name'), cell('Region'), cell('Days'))}${row(cell('Ada'), cell('North', '<w:vMerge w:val="restart"/>'), cell('30'))}${row(cell('Bob'), cell('', '<w:vMerge/>'), cell('25'))}${row(cell('Both', '<w:gridSpan w:val="2"/>'), cell('55'))}</w:tbl>`,
    styled('Cap', 'Table 1: days'),
    `<w:sdt><w:sdtPr/><w:sdtContent>${paragraph('In a control')}</w:sdtContent></w:sdt>`,
  ),
}

describe('a document with everything', () => {
  test('blocks, headings, lists, tables and what hangs on them', async () => {
    const extracted = await readWith(readDocx, zipped(parts))
    expect(outline(extracted)).toEqual([
      'h1: Handbook',
      'h1: Leave',
      'paragraph (Leave): You have thirty days.',
      'paragraph (Leave): See the law.',
      'paragraph (Leave): Comment by Ada: Really?',
      'h2 (Leave): Requests',
      'list (Leave > Requests): 1. Ask\n  1.a) in writing\n  1.b) in time\n2. Wait\n- Rest',
      'paragraph (Leave > Requests): After the list.',
      'paragraph (Leave > Requests): 東京 office',
      'h3 (Leave > Requests): Outlined',
      'paragraph (Leave > Requests > Outlined): In a box',
      'table+ (Leave > Requests > Outlined): Name | Region | Days\nAda | North | 30\nBob | North | 25\nBoth |  | 55',
      'caption (Leave > Requests > Outlined): Table 1: days',
      'paragraph (Leave > Requests > Outlined): In a control',
      'paragraph: Company confidential',
    ])
    expect(extracted.title).toBe('Staff handbook')
    expect(extracted.properties).toEqual({ author: 'Ada', created: '2024-05-01T00:00:00Z' })
    expect(extracted.warnings).toEqual([])
  })
  test('the same with other prefixes and strict namespaces', async () => {
    const strict = Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        part
          .replaceAll('schemas.openxmlformats.org/wordprocessingml/2006/main', 'purl.oclc.org/ooxml/wordprocessingml/main')
          .replaceAll('<w:', '<n0:')
          .replaceAll('</w:', '</n0:')
          .replaceAll(' w:', ' n0:')
          .replaceAll('xmlns:w=', 'xmlns:n0='),
      ]),
    )
    expect(outline(await readWith(readDocx, zipped(strict)))).toEqual(outline(await readWith(readDocx, zipped(parts))))
  })
  test('a damaged side part becomes a warning', async () => {
    const extracted = await readWith(readDocx, zipped({ ...parts, 'word/footnotes.xml': '<w:footnotes' }))
    expect(extracted.warnings).toHaveLength(1)
    expect(extracted.text).not.toContain('See the law.')
    expect(extracted.text).toContain('thirty days')
  })
  survivesDamage(readDocx, () => zipped(parts))
  survivesDamagedParts(readDocx, parts)
})

describe('faults', () => {
  const document = (text: string) => zipped({ 'word/document.xml': text })
  test('entities are left out, never expanded or fetched', async () => {
    const doctype = '<!DOCTYPE d [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    const extracted = await readWith(readDocx, document(`${doctype}${body(paragraph('x&a;&b;y')).replace(/^<\?.*?\?>/, '')}`))
    expect(extracted.text).toBe('xy')
    expect(extracted.warnings).toHaveLength(1)
  })
  test.each([
    ['nested too deep', document(body('<w:sdt>'.repeat(3000) + '</w:sdt>'.repeat(3000))), 'document/hostile'],
    ['a bomb', document(body(paragraph(' '.repeat(30_000_000)))), 'document/hostile'],
    ['a body that is cut off', document('<w:document><w:body><w:p>'), 'document/corrupt'],
    ['no document in it', zipped({ 'a.txt': 'hello' }), 'document/corrupt'],
    ['not a zip', new TextEncoder().encode('hello'), 'document/corrupt'],
    ['encrypted', compound({ EncryptionInfo: new Uint8Array(600), EncryptedPackage: new Uint8Array(600) }), 'document/encrypted'],
    ['a cut-off zip', zipped(parts).slice(0, 900), 'document/truncated'],
  ])('%s', async (_, bytes, code) => {
    expect(await codeOf(readWith(readDocx, bytes))).toBe(code)
  })
  test('too many parts', async () => {
    const many = zipped(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.xml`, ''])))
    expect(await codeOf(readWith(readDocx, many, { entries: 20 }))).toBe('document/hostile')
  })
})

test.each([
  ['heading 3', 3],
  ['Überschrift 1', 1],
  ['见出し 1', undefined],
  ['見出し 2', 2],
  ['Заголовок 1', 1],
  ['Heading', undefined],
  ['Body Text 2', undefined],
])('the style name %s', (name, level) => {
  expect(headingLevel(name)).toBe(level)
})

readsTheManifest(readDocx, ['docx'])
