import { deflateSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import PDFDocument from 'pdfkit'

// Documents that the tests write themselves.

/** A PDF with one page per text. */
export async function pdfOf(pages: readonly string[], options: { readonly password?: string } = {}): Promise<Buffer> {
  const document = new PDFDocument({ autoFirstPage: false, ...(options.password === undefined ? {} : { userPassword: options.password }) })
  const pieces: Buffer[] = []
  document.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = new Promise((resolve) => document.on('end', resolve))
  for (const page of pages) document.addPage().fontSize(11).text(page)
  document.end()
  await ended
  return Buffer.concat(pieces)
}

/** A ZIP archive by path and content; any path is written as it is. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, typeof content === 'string' ? strToU8(content) : content])))
}

/** A .docx whose main part inflates to `mebibytes`: a zip bomb. */
export function inflatingDocx(mebibytes: number): Uint8Array {
  const types =
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
  const begin = strToU8('<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>')
  const content = new Uint8Array(mebibytes << 20).fill(0x61)
  content.set(begin)
  return zipSync({ '[Content_Types].xml': strToU8(types), 'word/document.xml': content })
}

/** Bytes that are of no format that anyone reads. */
export function noise(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), deflateSync(Buffer.alloc(bytes, 'quarry'))])
}
