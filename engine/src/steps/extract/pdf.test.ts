import { expect, test } from 'vitest'
import type { ExtractedText } from '../../domain/block.ts'
import { textBuilder } from './builder.ts'
import { readPdf, toIsoDate } from './pdf.ts'
import { column, type SampleFacts, type SamplePage, writePdf } from './pdf-writer.fixture.ts'
import { EXTRACT_LIMITS, type ExtractLimits } from './reader.ts'

const WORDS =
  'the water of the river ran slowly past old mills where grain was ground for bread and every village kept its own store of seed against a hard winter'.split(
    ' ',
  )
/** Lines of prose of about the same length, each one different. */
function prose(count: number, seed: number, perLine = 7): string[] {
  return Array.from({ length: count }, (_, line) => Array.from({ length: perLine }, (_, word) => WORDS[(seed + line * 5 + word * 3) % WORDS.length]).join(' '))
}

async function extract(bytes: Uint8Array, limits: Partial<ExtractLimits> = {}): Promise<{ result: ExtractedText; nested: string[]; steps: number[] }> {
  const out = textBuilder(1_000_000)
  const nested: string[] = []
  const steps: number[] = []
  await readPdf(
    {
      name: 'sample.pdf',
      size: bytes.length,
      mediaType: 'application/pdf',
      bytes: () => bytes,
      at: (offset, length) => bytes.subarray(offset, offset + length),
    },
    out,
    {
      limits: { ...EXTRACT_LIMITS, ...limits },
      progress: (done) => steps.push(done),
      nested: async (name, content) => void nested.push(`${name}: ${Buffer.from(content).toString('latin1')}`),
    },
  )
  return { result: out.finish('application/pdf'), nested, steps }
}

function checkInvariants(result: ExtractedText): void {
  let end = 0
  for (const block of result.blocks) {
    expect(block.start).toBeGreaterThanOrEqual(end)
    expect(result.text.slice(block.start, block.end).trim()).not.toBe('')
    end = block.end
    const page = result.pages.find((other) => other.number === block.page)
    expect(page).toBeDefined()
    expect(block.start).toBeGreaterThanOrEqual(page?.start ?? 0)
    expect(block.end).toBeLessThanOrEqual(page?.end ?? 0)
    for (const box of block.boxes ?? []) {
      expect(box.page).toBe(block.page)
      expect(box.width).toBeGreaterThan(0)
      expect(box.height).toBeGreaterThan(0)
      expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0)
      expect(box.x + box.width).toBeLessThanOrEqual((page?.width ?? 0) + 0.1)
      expect(box.y + box.height).toBeLessThanOrEqual((page?.height ?? 0) + 0.1)
    }
  }
}
const texts = (result: ExtractedText, kind?: string) =>
  result.blocks.filter((block) => kind === undefined || block.kind === kind).map((block) => result.text.slice(block.start, block.end))

test('two and three columns are read one after the other, around a title that crosses them', async () => {
  const [left, right] = [prose(20, 1, 6), prose(20, 4, 6)]
  const three = [prose(12, 2, 3), prose(12, 3, 3), prose(12, 5, 3)]
  const { result } = await extract(
    writePdf([
      { texts: [{ text: 'A title across both of the columns', x: 120, y: 740, size: 20, bold: true }, ...column(left, 50, 700), ...column(right, 320, 700)] },
      { texts: three.flatMap((lines, at) => column(lines, 50 + at * 180, 700)) },
    ]),
  )
  checkInvariants(result)
  const [first = '', second = ''] = result.pages.map((page) => result.text.slice(page.start, page.end).replace(/\s+/g, ' '))
  expect(first).toBe(['A title across both of the columns', ...left, ...right].join(' '))
  expect(second).toBe(three.flat().join(' '))
})

test('a table keeps label and numbers of a row in one line, under its heads', async () => {
  const rows = [
    ['Net sales', '82,959', '81,434'],
    ['Cost of sales', '47,074', '46,179'],
    ['Gross margin', '35,885', '35,255'],
    ['Loss on sale', '(1,204)', '-'],
  ]
  const cells = rows.flatMap(([label = '', a = '', b = ''], at) => {
    const y = 600 - at * 14
    return [
      { text: label, x: 60, y },
      { text: '$', x: 300, y },
      { text: a, x: 360 - a.length * 5, y },
      { text: b, x: 470 - b.length * 5, y },
    ]
  })
  const heads = [
    { text: 'Three Months Ended', x: 340, y: 632 },
    { text: 'June 25, 2022', x: 310, y: 618 },
    { text: 'June 26, 2021', x: 420, y: 618 },
  ]
  const { result } = await extract(writePdf([{ texts: [...column(prose(4, 1, 12), 60, 720), ...heads, ...cells, ...column(prose(4, 7, 12), 60, 500)] }]))
  checkInvariants(result)
  const table = result.blocks.find((block) => block.kind === 'table')
  expect(table?.hasHeader).toBe(true)
  expect(texts(result, 'table')[0]?.split('\n')).toEqual([
    ' | Three Months Ended June 25, 2022 | Three Months Ended June 26, 2021'.trim(),
    'Net sales | $82,959 | 81,434',
    'Cost of sales | $47,074 | 46,179',
    'Gross margin | $35,885 | 35,255',
    'Loss on sale | $(1,204) | -',
  ])
  expect(texts(result, 'paragraph')).toHaveLength(2)
})

test('larger and bold lines are headings, by level; bold words in text and sentences are not', async () => {
  const page = (chapter: number): SamplePage => ({
    texts: [
      { text: `Chapter ${'ABC'[chapter]} of the mills`, x: 60, y: 740, size: 20 },
      { text: `The grain ${'of the mill'.slice(0, 3 + 4 * chapter)} and its price`, x: 60, y: 670, size: 14 },
      ...column(prose(6, chapter, 12), 60, 645),
      { text: 'A word on seed', x: 60, y: 560, bold: true },
      ...column(prose(6, chapter + 3, 12), 60, 540),
    ],
  })
  const { result } = await extract(writePdf([page(0), page(1), page(2)]))
  checkInvariants(result)
  expect(
    result.blocks.filter((block) => block.kind === 'heading').map((block) => [block.level, result.text.slice(block.start, block.end), block.page]),
  ).toEqual(
    [0, 1, 2].flatMap((at) => [
      [1, `Chapter ${'ABC'[at]} of the mills`, at + 1],
      [2, `The grain ${'of the mill'.slice(0, 3 + 4 * at).trim()} and its price`, at + 1],
      [3, 'A word on seed', at + 1],
    ]),
  )
  expect(result.blocks.at(-1)?.headingPath).toEqual(['Chapter C of the mills', 'The grain of the mill and its price', 'A word on seed'])
  expect(result.title).toBe('Chapter A of the mills')
})

test('words split at line ends are whole again; hyphens that the document uses elsewhere stay', async () => {
  const lines = [
    'A well-known mill near the river was rebuilt by its new owner after the great com-',
    'motion of that year, and the store was run by a well-',
    'known family of bakers who kept it going for a long time',
  ]
  const { result } = await extract(writePdf([{ texts: column(lines, 60, 700) }]))
  expect(result.text).toContain('great commotion of that year')
  expect(result.text).toContain('by a well-known family')
})

test('running headers and page numbers go, the first header and what stands alone stay', async () => {
  const pages = Array.from(
    { length: 6 },
    (_, at): SamplePage => ({
      texts: [
        { text: `The Mill Report | ${at + 1}`, x: 60, y: 770, size: 8 },
        ...column(prose(10, at, 12), 60, 700),
        { text: String(at + 1), x: 300, y: 30, size: 8 },
        ...(at === 3 ? [{ text: 'Only here: a remark at the foot', x: 60, y: 50, size: 8 }] : []),
      ],
    }),
  )
  const { result, steps } = await extract(writePdf(pages))
  checkInvariants(result)
  expect(result.text.match(/The Mill Report/g)).toHaveLength(1)
  expect(result.text).toContain('Only here: a remark at the foot')
  expect(texts(result).filter((text) => /^\d+$/.test(text))).toEqual([])
  expect(result.pages).toHaveLength(6)
  expect(steps).toEqual([1, 2, 3, 4, 5, 6])
})

test('a turned page is read as shown, with boxes on the page as shown', async () => {
  const { result } = await extract(
    writePdf([
      { rotate: 90, texts: column(prose(5, 1, 9), 60, 700) },
      { rotate: 180, texts: column(prose(5, 2, 9), 60, 700) },
    ]),
  )
  checkInvariants(result)
  expect(result.pages[0]).toMatchObject({ width: 792, height: 612 })
  expect(result.text.replace(/\s+/g, ' ')).toBe([...prose(5, 1, 9), ...prose(5, 2, 9)].join(' '))
})

test('free text, fields, comments, attachments and facts about the document', async () => {
  const facts: SampleFacts = {
    info: { Title: 'On mills', Author: 'A. Miller', CreationDate: "D:20240102030405+02'00'" },
    attachment: { name: 'note.txt', content: 'hello from inside' },
  }
  const annotations = [
    '<< /Type /Annot /Subtype /FreeText /Rect [60 500 260 515] /Contents (Seen by the inspector) /DA (/R 10 Tf) >>',
    '<< /Type /Annot /Subtype /Widget /FT /Tx /T (owner) /V (Mrs Baker) /Rect [160 595 300 612] >>',
    '<< /Type /Annot /Subtype /Text /Rect [10 10 20 20] /Contents (check this figure) >>',
  ]
  const { result, nested } = await extract(writePdf([{ texts: [{ text: 'Name of the owner:', x: 60, y: 600 }], annotations }], facts))
  checkInvariants(result)
  expect(result.text).toContain('Name of the owner: Mrs Baker')
  expect(result.text).toContain('Seen by the inspector')
  expect(result.text).toContain('check this figure')
  expect(nested).toEqual(['note.txt: hello from inside'])
  expect(result.title).toBe('On mills')
  expect(result.properties).toMatchObject({ author: 'A. Miller', created: '2024-01-02T01:04:05.000Z' })
})

test('what is no whole PDF ends with the reason', async () => {
  const whole = writePdf([{ texts: column(prose(60, 1), 60, 740) }])
  await expect(extract(whole.subarray(0, 300))).rejects.toMatchObject({ code: 'document/truncated' })
  await expect(extract(new Uint8Array(Buffer.from('%PDF-1.7\nnothing of the kind\n%%EOF')))).rejects.toMatchObject({ code: 'document/corrupt' })
  await expect(extract(writePdf([{ texts: [] }, { texts: [] }]), { pages: 1 })).rejects.toMatchObject({ code: 'document/too-large' })
  const empty = await extract(writePdf([{ texts: [] }]))
  expect(empty.result.text).toBe('')
})

test('a page without text is read by OCR, as far as its limit goes', async () => {
  // Glyphs as pictures: each letter is drawn, none is text.
  const scanned = writeScan(['H', 'I'])
  const off = await extract(scanned, { ocrPages: 0 })
  expect(off.result.text).toBe('')
  expect(off.result.warnings).toEqual(['Only 0 scanned pages were read.'])
  const { result } = await extract(scanned)
  expect(result.pages[0]?.ocr).toBe(true)
  expect(result.text).toContain('HI')
  checkInvariants(result)
})

/** Block letters as filled rectangles, repeated to look like a word. */
function writeScan(letters: readonly ('H' | 'I')[]): Uint8Array {
  const bars = letters.flatMap((letter, at) => {
    const x = 100 + at * 30
    return letter === 'H' ? [`${x} 600 4 28 re`, `${x + 16} 600 4 28 re`, `${x} 612 20 4 re`] : [`${x} 600 4 28 re`]
  })
  const drawing = `${bars.join(' ')} f`
  const [before = '', after = ''] = Buffer.from(writePdf([{ texts: [{ text: 'x'.repeat(drawing.length), x: 1, y: 1 }] }]))
    .toString('latin1')
    .split(/BT .* ET/)
  const old = /BT .* ET/.exec(Buffer.from(writePdf([{ texts: [{ text: 'x'.repeat(drawing.length), x: 1, y: 1 }] }])).toString('latin1'))?.[0] ?? ''
  return new Uint8Array(Buffer.from(before + drawing.padEnd(old.length) + after, 'latin1'))
}

test.each([
  ["D:20221028100608+00'00'", '2022-10-28T10:06:08.000Z'],
  ['D:2004', '2004-01-01T00:00:00.000Z'],
  ["D:20110824090747-07'00", '2011-08-24T16:07:47.000Z'],
  ['yesterday', undefined],
  ['D:20229999', undefined],
])('the date %s', (date, iso) => {
  expect(toIsoDate(date)).toBe(iso)
})
