import { expect, test } from 'vitest'
import { codeOf, outline, RELATIONSHIPS, readsTheManifest, readWith, relationships, survivesDamage, survivesDamagedParts, zipped } from './ooxml.contract.ts'
import { readPptx } from './pptx.ts'

const NAMES = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${RELATIONSHIPS}" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"`
const line = (text: string, properties = '') => `<a:p><a:pPr ${properties}/><a:r><a:t>${text}</a:t></a:r></a:p>`
const shape = (kind: string | undefined, ...lines: string[]) =>
  `<p:sp><p:nvSpPr><p:nvPr>${kind === undefined ? '' : `<p:ph type="${kind}"/>`}</p:nvPr></p:nvSpPr><p:txBody>${lines.join('')}</p:txBody></p:sp>`
const slide = (...shapes: string[]) => `<p:sld ${NAMES}><p:cSld><p:spTree>${shapes.join('')}</p:spTree></p:cSld></p:sld>`
const cell = (text: string) => `<a:tc><a:txBody>${line(text)}</a:txBody></a:tc>`
const points = (...values: string[]) => `<c:strCache>${values.map((value, index) => `<c:pt idx="${index}"><c:v>${value}</c:v></c:pt>`).join('')}</c:strCache>`

const parts: Record<string, string> = {
  '_rels/.rels': relationships(['r1', 'officeDocument', 'ppt/presentation.xml']),
  'ppt/presentation.xml': `<p:presentation ${NAMES}><p:sldIdLst><p:sldId id="257" r:id="b"/><p:sldId id="256" r:id="a"/></p:sldIdLst></p:presentation>`,
  'ppt/_rels/presentation.xml.rels': relationships(['a', 'slide', 'slides/slide1.xml'], ['b', 'slide', 'slides/slide2.xml']),
  'ppt/slides/slide2.xml': slide(
    shape('sldNum', line('1')),
    shape('body', line('First'), line('Below', 'lvl="1"')),
    shape('title', line('Plan')),
    `<p:grpSp>${shape(undefined, line('In a group'))}</p:grpSp>`,
  ),
  'ppt/slides/_rels/slide2.xml.rels': relationships(['n', 'notesSlide', '../notesSlides/notesSlide1.xml']),
  'ppt/notesSlides/notesSlide1.xml': slide(shape('sldImg', line('x')), shape('body', line('Speak slowly')))
    .replaceAll('p:sld ', 'p:notes ')
    .replaceAll('</p:sld>', '</p:notes>'),
  'ppt/slides/slide1.xml': slide(
    shape(undefined, line('A line on top')),
    `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>${cell('Year')}${cell('Sum')}</a:tr><a:tr>${cell('2024')}${cell('7')}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`,
    '<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id="c"/></a:graphicData></a:graphic></p:graphicFrame>',
  ),
  'ppt/slides/_rels/slide1.xml.rels': relationships(['c', 'chart', '../charts/chart1.xml']),
  'ppt/charts/chart1.xml': `<c:chartSpace ${NAMES}><c:chart><c:title>${line('Growth')}</c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:f>Sheet1!B1</c:f>${points('North')}</c:strRef></c:tx><c:cat>${points('2023', '2024')}</c:cat><c:val>${points('5', '7')}</c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`,
}

test('slides are pages in the order of the presentation, titles are headings', async () => {
  const extracted = await readWith(readPptx, zipped(parts))
  expect(outline(extracted)).toEqual([
    '1 h1: Plan',
    '1 list (Plan): - First\n  - Below',
    '1 paragraph (Plan): In a group',
    '1 paragraph (Plan): Notes: Speak slowly',
    '2 h1: A line on top',
    '2 table+ (A line on top): Year | Sum\n2024 | 7',
    '2 caption (A line on top): Growth',
    '2 table+ (A line on top): | North\n2023 | 5\n2024 | 7',
  ])
  expect(extracted.title).toBe('Plan')
  expect(extracted.pages.map((page) => page.number)).toEqual([1, 2])
})

test('a damaged slide becomes a warning, nothing but damage an error', async () => {
  const damaged = { ...parts, 'ppt/slides/slide1.xml': '<p:sld' }
  expect((await readWith(readPptx, zipped(damaged))).warnings).toHaveLength(1)
  expect(await codeOf(readWith(readPptx, zipped({ ...damaged, 'ppt/slides/slide2.xml': '<p:sld' })))).toBe('document/corrupt')
})

test('more slides than pages are allowed', async () => {
  expect(await codeOf(readWith(readPptx, zipped(parts), { pages: 1 }))).toBe('document/too-large')
})

survivesDamage(readPptx, () => zipped(parts))
survivesDamagedParts(readPptx, parts)
readsTheManifest(readPptx, ['pptx'])
