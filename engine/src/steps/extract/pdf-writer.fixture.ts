/** Writes small PDFs for tests, byte by byte, with the fonts every reader knows. */
export interface SamplePage {
  readonly width?: number
  readonly height?: number
  readonly rotate?: number
  readonly texts: readonly SampleText[]
  /** Raw objects of annotations, without "obj" and "endobj". */
  readonly annotations?: readonly string[]
}
export interface SampleText {
  readonly text: string
  readonly x: number
  readonly y: number // from the bottom, as PDF counts
  readonly size?: number
  readonly bold?: boolean
}
export interface SampleFacts {
  readonly info?: Readonly<Record<string, string>>
  readonly attachment?: { readonly name: string; readonly content: string }
}

export function writePdf(pages: readonly SamplePage[], facts: SampleFacts = {}): Uint8Array {
  const objects: string[] = []
  const add = (body: string) => objects.push(body)
  const first = 6 // catalog, pages, two fonts, info
  const pageIds: number[] = []
  const extra: string[] = []
  const later = (body: string) => first + extra.push(body) - 1
  for (const page of pages) {
    const content = page.texts.map(({ text, x, y, size = 10, bold }) => `BT /${bold ? 'B' : 'R'} ${size} Tf ${x} ${y} Td (${literal(text)}) Tj ET`).join('\n')
    const stream = later(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`)
    const annotations = (page.annotations ?? []).map((body) => `${later(body)} 0 R`)
    const box = `[0 0 ${page.width ?? 612} ${page.height ?? 792}]`
    pageIds.push(
      later(
        `<< /Type /Page /Parent 2 0 R /MediaBox ${box} /Rotate ${page.rotate ?? 0} /Contents ${stream} 0 R /Annots [${annotations.join(' ')}] /Resources << /Font << /R 3 0 R /B 4 0 R >> >> >>`,
      ),
    )
  }
  let names = ''
  if (facts.attachment !== undefined) {
    const { name, content } = facts.attachment
    const file = later(`<< /Type /EmbeddedFile /Length ${content.length} >>\nstream\n${content}\nendstream`)
    const spec = later(`<< /Type /Filespec /F (${literal(name)}) /UF (${literal(name)}) /EF << /F ${file} 0 R >> >>`)
    names = ` /Names << /EmbeddedFiles << /Names [(${literal(name)}) ${spec} 0 R] >> >>`
  }
  add(`<< /Type /Catalog /Pages 2 0 R${names} >>`)
  add(`<< /Type /Pages /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] /Count ${pages.length} >>`)
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>')
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>')
  add(
    `<< ${Object.entries(facts.info ?? {})
      .map(([key, value]) => `/${key} (${literal(value)})`)
      .join(' ')} >>`,
  )
  objects.push(...extra)
  let file = '%PDF-1.7\n'
  const offsets = objects.map((body, at) => {
    const offset = file.length
    file += `${at + 1} 0 obj\n${body}\nendobj\n`
    return offset
  })
  const start = file.length
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}`
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return new Uint8Array(Buffer.from(file, 'latin1'))
}

function literal(text: string): string {
  return text.replace(/[\\()]/g, '\\$&')
}

/** Lines below each other, as a column of text. */
export function column(lines: readonly string[], x: number, top: number, size = 10, leading = 12): SampleText[] {
  return lines.map((text, at) => ({ text, x, y: top - at * leading, size }))
}
