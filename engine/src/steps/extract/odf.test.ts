import { expect, test } from 'vitest'
import { readOdp, readOdt } from './odf.ts'
import { codeOf, outline, readsTheManifest, readWith, survivesDamage, survivesDamagedParts, zipped } from './ooxml.contract.ts'

const NAMES = ['office', 'text', 'table', 'style', 'presentation', 'meta', 'manifest']
  .map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
  .join(' ')
const MORE = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
const content = (kind: string, body: string, styles = '') =>
  `<office:document-content ${NAMES} ${MORE}><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`
const p = (text: string, style = '') => `<text:p text:style-name="${style}">${text}</text:p>`
const cell = (text: string, more = '') => `<table:table-cell ${more}>${p(text)}</table:table-cell>`

const text: Record<string, string> = {
  'meta.xml': `<office:document-meta ${NAMES} ${MORE}><office:meta><dc:title>Rules</dc:title><meta:initial-creator>Ada</meta:initial-creator></office:meta></office:document-meta>`,
  'styles.xml': `<office:document-styles ${NAMES} ${MORE}><office:styles><style:style style:name="Heading_20_1"/></office:styles><office:master-styles><style:master-page><style:header>${p('Company')}</style:header><style:footer>${p('3')}</style:footer></style:master-page></office:master-styles></office:document-styles>`,
  'content.xml': content(
    'text',
    `<text:tracked-changes><text:changed-region><text:deletion>${p('gone')}</text:deletion></text:changed-region></text:tracked-changes>
<text:table-of-content><text:index-body>${p('Rules 1')}</text:index-body></text:table-of-content>
<text:h text:outline-level="1">Rules</text:h><text:section>${p('One <text:s text:c="2"/>two<text:line-break/>three<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note</text:p></text:note-body></text:note>')}</text:section>
${p('Old heading', 'P1')}
<text:list text:style-name="L1"><text:list-item>${p('first')}<text:list text:style-name="L2"><text:list-item>${p('below')}</text:list-item></text:list></text:list-item><text:list-item>${p('second')}</text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row>${cell('Name')}${cell('Area')}</table:table-row></table:table-header-rows><table:table-row>${cell('Ada')}${cell('North', 'table:number-rows-spanned="2"')}</table:table-row><table:table-row>${cell('Bob')}<table:covered-table-cell/></table:table-row></table:table>
${p('Before<draw:frame><draw:text-box><text:p>In a frame</text:p></draw:text-box></draw:frame> after')}
${p('<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby>')}`,
    '<style:style style:name="P1" style:parent-style-name="Heading_20_2"/><text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>',
  ),
}

test('a text with everything', async () => {
  const extracted = await readWith(readOdt, zipped(text))
  expect(outline(extracted)).toEqual([
    'h1: Rules',
    'paragraph (Rules): One   two\nthree',
    'paragraph (Rules): A note',
    'h2 (Rules): Old heading',
    'list (Rules > Old heading): 1. first\n  - below\n2. second',
    'table+ (Rules > Old heading): Name | Area\nAda | North\nBob | North',
    'paragraph (Rules > Old heading): Before after',
    'paragraph (Rules > Old heading): In a frame',
    'paragraph (Rules > Old heading): 東京',
    'paragraph: Company',
  ])
  expect(extracted.title).toBe('Rules')
  expect(extracted.properties).toEqual({ author: 'Ada' })
})

const frame = (kind: string, body: string) => `<draw:frame presentation:class="${kind}"><draw:text-box>${body}</draw:text-box></draw:frame>`
const slides = {
  'content.xml': content(
    'presentation',
    `<draw:page>${frame('outline', `<text:list><text:list-item>${p('a')}</text:list-item></text:list>`)}${frame('title', p('Start'))}<presentation:notes>${frame('notes', p('Say hello'))}</presentation:notes></draw:page><draw:page>${frame('outline', p('No title here'))}</draw:page>`,
  ),
}
test('slides are pages; a slide without a title is under no heading', async () => {
  expect(outline(await readWith(readOdp, zipped(slides)))).toEqual([
    '1 h1: Start',
    '1 list (Start): - a',
    '1 paragraph (Start): Notes: Say hello',
    '2 paragraph: No title here',
  ])
})

test('encrypted and empty packages', async () => {
  const manifest = `<manifest:manifest ${NAMES}><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`
  expect(await codeOf(readWith(readOdt, zipped({ ...text, 'META-INF/manifest.xml': manifest })))).toBe('document/encrypted')
  expect(await codeOf(readWith(readOdt, zipped({ mimetype: 'x' })))).toBe('document/corrupt')
})

survivesDamage(readOdt, () => zipped(text))
survivesDamagedParts(readOdt, text)
survivesDamagedParts(readOdp, slides)
readsTheManifest(readOdt, ['odt'])
readsTheManifest(readOdp, ['odp'])
