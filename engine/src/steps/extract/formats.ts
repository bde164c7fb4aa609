import { AppError } from '../../domain/errors.ts'
import type { Reader } from './reader.ts'

export const ARCHIVE = 'application/zip'
export const GZIP = 'application/gzip'

const OOXML = 'application/vnd.openxmlformats-officedocument'
const ODF = 'application/vnd.oasis.opendocument'
export const MEDIA = {
  pdf: 'application/pdf',
  docx: `${OOXML}.wordprocessingml.document`,
  pptx: `${OOXML}.presentationml.presentation`,
  xlsx: `${OOXML}.spreadsheetml.sheet`,
  odt: `${ODF}.text`,
  odp: `${ODF}.presentation`,
  ods: `${ODF}.spreadsheet`,
  epub: 'application/epub+zip',
  rtf: 'application/rtf',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  msg: 'application/vnd.ms-outlook',
  eml: 'message/rfc822',
  mbox: 'application/mbox',
  html: 'text/html',
  xml: 'application/xml',
  svg: 'image/svg+xml',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  markdown: 'text/markdown',
  text: 'text/plain',
} as const

type Load = () => Promise<Reader>
const image: Load = async () => (await import('./image.ts')).readImage
const xml: Load = async () => (await import('./xml.ts')).readXml
const csv: Load = async () => (await import('./csv.ts')).readCsv
const xlsx: Load = async () => (await import('./xlsx.ts')).readXlsx

/** One line per media type that can be read. Loaded on use, so an unused parser costs nothing. */
const READERS: Readonly<Record<string, Load>> = {
  [MEDIA.pdf]: async () => (await import('./pdf.ts')).readPdf,
  [MEDIA.docx]: async () => (await import('./docx.ts')).readDocx,
  [MEDIA.pptx]: async () => (await import('./pptx.ts')).readPptx,
  [MEDIA.xlsx]: xlsx,
  [MEDIA.ods]: xlsx,
  [MEDIA.odt]: async () => (await import('./odf.ts')).readOdt,
  [MEDIA.odp]: async () => (await import('./odf.ts')).readOdp,
  [MEDIA.epub]: async () => (await import('./epub.ts')).readEpub,
  [MEDIA.rtf]: async () => (await import('./rtf.ts')).readRtf,
  [MEDIA.doc]: async () => (await import('./doc.ts')).readDoc,
  [MEDIA.xls]: async () => (await import('./xls.ts')).readXls,
  [MEDIA.ppt]: async () => (await import('./ppt.ts')).readPpt,
  [MEDIA.msg]: async () => (await import('./msg.ts')).readMsg,
  [MEDIA.eml]: async () => (await import('./eml.ts')).readEml,
  [MEDIA.mbox]: async () => (await import('./mbox.ts')).readMbox,
  [MEDIA.html]: async () => (await import('./html.ts')).readHtml,
  [MEDIA.xml]: xml,
  [MEDIA.svg]: xml,
  [MEDIA.json]: async () => (await import('./json.ts')).readJson,
  [MEDIA.jsonl]: async () => (await import('./json.ts')).readJsonLines,
  [MEDIA.csv]: csv,
  [MEDIA.tsv]: csv,
  [MEDIA.markdown]: async () => (await import('./markdown.ts')).readMarkdown,
  [MEDIA.text]: async () => (await import('./text.ts')).readText,
  'image/png': image,
  'image/jpeg': image,
  'image/tiff': image,
  'image/bmp': image,
  'image/gif': image,
  'image/webp': image,
}

/** Source code is `text/x-<language>`. */
export const CODE_PREFIX = 'text/x-'

/** What can be read, for the manual: media types, source code as one. */
export const READABLE: readonly string[] = [...Object.keys(READERS), `${CODE_PREFIX}*`, ARCHIVE, GZIP]

/** @throws AppError document/unsupported */
export async function readerOf(mediaType: string): Promise<Reader> {
  const load = Object.hasOwn(READERS, mediaType) ? READERS[mediaType] : undefined
  if (load !== undefined) return load()
  if (mediaType.startsWith(CODE_PREFIX)) return (await import('./code.ts')).readCode
  throw new AppError('document/unsupported', { mediaType })
}
