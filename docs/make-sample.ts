// Writes the manual as one PDF and one DOCX; the sample database is made of them and of the Markdown files.
// Run by hand when the manual has changed: npm run sample
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { Document, HeadingLevel, Packer, Paragraph, Table, TableCell, TableRow, TextRun } from 'docx'
import type { BlockContent, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toString as plain } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'
import PDFDocument from 'pdfkit'

const manual = join(import.meta.dirname, 'manual')
/** In the order in which a newcomer reads. */
const CHAPTERS = [
  'first-steps',
  'web',
  'http',
  'documents',
  'chunks',
  'search',
  'answers',
  'models',
  'versions',
  'evaluation',
  'people',
  'walk-through',
  'keys',
  'publish',
  'limits',
  'remote',
  'operations',
  'security',
  'libraries',
]
const MADE_AT = new Date('2026-11-26T00:00:00Z')

const missing = readdirSync(manual).filter((file) => !CHAPTERS.includes(file.replace(/\.md$/, '')))
if (missing.length > 0) throw new Error(`Not in the list of chapters: ${missing.join(', ')}`)
const chapters = CHAPTERS.map((name) =>
  fromMarkdown(readFileSync(join(manual, `${name}.md`), 'utf8'), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }),
)

await writePdf(join(import.meta.dirname, 'sample', 'quarry-manual.pdf'))
await writeDocx(join(import.meta.dirname, 'sample', 'quarry-manual.docx'))

async function writePdf(path: string): Promise<void> {
  const pdf = new PDFDocument({ size: 'A4', margin: 64, info: { Title: 'Quarry manual', Author: 'Quarry', CreationDate: MADE_AT } })
  const out = pdf.pipe(createWriteStream(path))
  for (const [index, chapter] of chapters.entries()) {
    if (index > 0) pdf.addPage()
    for (const node of chapter.children) pdfBlock(pdf, node)
  }
  pdf.end()
  await finished(out)
}

function pdfBlock(pdf: PDFKit.PDFDocument, node: RootContent): void {
  if (node.type === 'heading') {
    pdf
      .moveDown(0.6)
      .font('Helvetica-Bold')
      .fontSize([22, 15, 12][node.depth - 1] ?? 11)
      .text(plain(node))
      .moveDown(0.4)
  } else if (node.type === 'code') pdf.font('Courier').fontSize(8.5).text(node.value).moveDown(0.7)
  else if (node.type === 'table') {
    for (const [row, { children }] of node.children.entries()) {
      pdf.font(row === 0 ? 'Helvetica-Bold' : 'Helvetica').fontSize(9)
      const top = pdf.y
      const width = 467 / children.length
      const bottoms = children.map((cell, column) => {
        pdf.text(plain(cell), 64 + column * width, top, { width: width - 8 })
        return pdf.y
      })
      pdf.x = 64
      pdf.y = Math.max(...bottoms) + 3
      if (pdf.y > 740) pdf.addPage()
    }
    pdf.moveDown(0.7)
  } else pdf.font('Helvetica').fontSize(10.5).text(plain(node).replace(/\n/g, ' '), 64, pdf.y, { width: 467 }).moveDown(0.7)
}

async function writeDocx(path: string): Promise<void> {
  const children = chapters.flatMap((chapter) => chapter.children.map(docxBlock))
  const document = new Document({ title: 'Quarry manual', creator: 'Quarry', sections: [{ children }] })
  writeFileSync(path, await Packer.toBuffer(document))
}

function docxBlock(node: RootContent | BlockContent): Paragraph | Table {
  if (node.type === 'heading') {
    const level = [HeadingLevel.HEADING_1, HeadingLevel.HEADING_2, HeadingLevel.HEADING_3][node.depth - 1] ?? HeadingLevel.HEADING_4
    return new Paragraph({ text: plain(node), heading: level })
  }
  if (node.type === 'table') {
    const rows = node.children.map(
      (row, index) =>
        new TableRow({ tableHeader: index === 0, children: row.children.map((cell) => new TableCell({ children: [new Paragraph(plain(cell))] })) }),
    )
    return new Table({ rows })
  }
  if (node.type === 'code')
    return new Paragraph({ children: node.value.split('\n').map((text, index) => new TextRun({ text, font: 'Courier New', break: index === 0 ? 0 : 1 })) })
  return new Paragraph(plain(node).replace(/\n/g, ' '))
}
