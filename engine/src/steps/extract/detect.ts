import { AppError } from '../../domain/errors.ts'
import { compoundNames } from './compound-directory.ts'
import { textType } from './detect-text.ts'
import { decodeText } from './encoding.ts'
import type { RawFile } from './extract.ts'
import { ARCHIVE, GZIP, MEDIA } from './formats.ts'
import { extensionOf } from './languages.ts'
import { EXTRACT_LIMITS } from './reader.ts'
import { readZipDirectory, zipNames } from './zip-directory.ts'

const HEAD_BYTES = 16 << 10
/** Source: PDF 32000-1, implementation note 13: the header may stand anywhere in the first 1,024 bytes. */
const PDF_HEADER_BYTES = 1024

/** First bytes, as hex; `..` is any byte. Types that nothing here reads are named for the message. */
const MAGIC: readonly (readonly [hex: string, mediaType: string])[] = [
  ['89504e470d0a1a0a', 'image/png'],
  ['ffd8ff', 'image/jpeg'],
  ['474946383761', 'image/gif'],
  ['474946383961', 'image/gif'],
  ['49492a00', 'image/tiff'],
  ['4d4d002a', 'image/tiff'],
  ['52494646........57454250', 'image/webp'],
  ['1f8b', GZIP],
  ['7b5c727466', MEDIA.rtf],
  ['377abcaf271c', 'application/x-7z-compressed'],
  ['526172211a07', 'application/vnd.rar'],
  ['425a68', 'application/x-bzip2'],
  ['fd377a585a00', 'application/x-xz'],
  ['28b52ffd', 'application/zstd'],
  ['7f454c46', 'application/x-elf'],
  ['4d5a', 'application/vnd.microsoft.portable-executable'],
  ['cafebabe', 'application/java-vm'],
  ['0061736d', 'application/wasm'],
  ['53514c69746520666f726d6174203300', 'application/vnd.sqlite3'],
  ['4f676753', 'application/ogg'],
  ['494433', 'audio/mpeg'],
  ['664c6143', 'audio/flac'],
  ['52494646', 'application/x-riff'],
  ['........66747970', 'video/mp4'],
  ['1a45dfa3', 'video/x-matroska'],
  ['38425053', 'image/vnd.adobe.photoshop'],
  ['774f4646', 'font/woff'],
  ['774f4632', 'font/woff2'],
  ['0001000000', 'font/ttf'],
  ['25215053', 'application/postscript'],
]

/** Binary formats by name: a plain text under such a name is not that text but a damaged file. */
const BINARY_NAMES = new Set(
  'docx docm dotx xlsx xlsm pptx pptm ppsx odt ott ods odp epub doc dot xls xlt ppt pps msg pdf png jpg jpeg gif tif tiff bmp webp zip gz'.split(' '),
)

/**
 * The media type, by content. The name and the claimed type only decide between kinds of text.
 * @throws AppError document/empty, document/encrypted, document/truncated, document/corrupt, document/unsupported
 */
export function detect(file: RawFile, claimed: string): string {
  if (file.size === 0) throw new AppError('document/empty', { size: 0 })
  const head = file.at(0, HEAD_BYTES)
  const known = byMagic(head)
  if (known === ARCHIVE) return zipType(file)
  if (known === 'compound') return compoundType(file)
  if (known !== undefined) return known
  const text = textOf(head)
  if (text === undefined) throw new AppError('document/unsupported', { reason: 'the content is of no known kind' })
  if (text.trim() === '' && file.size <= head.length) throw new AppError('document/empty', { size: file.size })
  const mediaType = textType(text, file, claimed)
  if (mediaType === MEDIA.text && BINARY_NAMES.has(extensionOf(file.name))) {
    throw new AppError('document/corrupt', { reason: `the content is not that of a .${extensionOf(file.name)} file` })
  }
  return mediaType
}

function byMagic(head: Uint8Array): string | undefined {
  const latin = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, PDF_HEADER_BYTES)).toString('latin1')
  const hex = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 32)).toString('hex')
  if (/^504b0(304|506|708)/.test(hex)) return ARCHIVE
  if (hex.startsWith('d0cf11e0a1b11ae1')) return 'compound'
  for (const [magic, mediaType] of MAGIC) if (matches(hex, magic)) return isPlainText(mediaType, latin) ? undefined : mediaType
  if (hex.startsWith('424d') && head.length > 26 && head[6] === 0 && head[7] === 0 && head[8] === 0 && head[9] === 0) return 'image/bmp'
  // A tar keeps its name at a fixed place.
  if (Buffer.from(head.buffer, head.byteOffset + Math.min(257, head.length), Math.min(5, Math.max(0, head.length - 257))).toString('latin1') === 'ustar')
    return 'application/x-tar'
  // Before the header there may be a little rubbish, but no page of text that merely speaks of it.
  const pdf = latin.indexOf('%PDF-')
  if (pdf === 0 || (pdf > 0 && !/^\s*(<|#|From |[A-Za-z-]+:)/.test(latin))) return MEDIA.pdf
  return undefined
}

/** Short marks such as "MZ" and "BZh" begin ordinary words too. */
function isPlainText(mediaType: string, latin: string): boolean {
  const mayBeWords =
    (mediaType.startsWith('application/') || mediaType.startsWith('audio/')) && mediaType !== MEDIA.rtf && mediaType !== 'application/postscript'
  return mayBeWords && latin.length > 16 && controls(latin) === 0 && Math.max(...Array.from(latin, (character) => character.charCodeAt(0))) < 0x80
}

/** Characters that no text holds. */
function controls(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 0xfffd || code < 9 || (code > 13 && code < 32 && code !== 0x1b)) count += 1
  }
  return count
}

function matches(hex: string, magic: string): boolean {
  if (hex.length < magic.length) return false
  for (let index = 0; index < magic.length; index += 1) if (magic[index] !== '.' && magic[index] !== hex[index]) return false
  return true
}

/** The first characters of a text in any encoding; undefined for binary content. */
function textOf(head: Uint8Array): string | undefined {
  // An odd cut must not look like a broken character: three bytes less is a whole character of any UTF-8 text.
  const { text, encoding } = decodeText(cutWhole(head))
  const sample = text.slice(0, 4096)
  const strange = controls(sample)
  if (encoding === 'iso-2022-jp') return text
  return strange > sample.length / 100 ? undefined : text
}

function cutWhole(head: Uint8Array): Uint8Array {
  if (head.length < HEAD_BYTES) return head
  const line = head.lastIndexOf(0x0a)
  if (line > HEAD_BYTES / 2 && head[0] !== 0xff && head[0] !== 0xfe && head[0] !== 0) return head.subarray(0, line + 1)
  let end = head.length
  while (end > head.length - 4 && ((head[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1
  return ((head[end - 1] ?? 0) & 0xc0) === 0xc0 ? head.subarray(0, end - 1) : head
}

function zipType(file: RawFile): string {
  const names = zipNames(readZipDirectory(file, EXTRACT_LIMITS.entries))
  const has = (start: string): boolean => names.some((name) => name.startsWith(start))
  const mime = storedMimetype(file)
  if (mime.startsWith('application/epub+zip') || has('META-INF/container.xml')) return MEDIA.epub
  for (const type of [MEDIA.ods, MEDIA.odp, MEDIA.odt]) if (mime.startsWith(type)) return type
  if (mime.startsWith('application/vnd.sun.xml.writer')) return MEDIA.odt
  if (has('[Content_Types].xml') || has('_rels/.rels')) {
    if (has('word/')) return MEDIA.docx
    if (has('ppt/')) return MEDIA.pptx
    if (names.includes('xl/workbook.bin')) throw new AppError('document/unsupported', { mediaType: 'application/vnd.ms-excel.sheet.binary.macroenabled.12' })
    if (has('xl/')) return MEDIA.xlsx
    if (has('visio/') || has('Documents/1/'))
      throw new AppError('document/unsupported', { mediaType: has('visio/') ? 'application/vnd.ms-visio.drawing' : 'application/oxps' })
  }
  if (has('content.xml') && has('META-INF/manifest.xml')) return openDocumentByName(file.name)
  if (has('Index/Document.iwa') || has('Index.zip')) throw new AppError('document/unsupported', { mediaType: 'application/vnd.apple.iwork' })
  return ARCHIVE
}

/** OpenDocument and EPUB begin with an entry "mimetype" that is not packed. */
function storedMimetype(file: RawFile): string {
  const start = Buffer.from(file.at(0, 200)).toString('latin1')
  return start.slice(30, 38) === 'mimetype' ? (/^[a-z.+/0-9-]+/.exec(start.slice(38))?.[0] ?? '') : ''
}

function openDocumentByName(name: string): string {
  const extension = extensionOf(name)
  return extension === 'ods' ? MEDIA.ods : extension === 'odp' ? MEDIA.odp : MEDIA.odt
}

function compoundType(file: RawFile): string {
  const names = compoundNames(file)
  if (names.has('EncryptedPackage') || names.has('EncryptionInfo')) throw new AppError('document/encrypted')
  if (names.has('WordDocument')) return MEDIA.doc
  if (names.has('Workbook') || names.has('Book') || names.has('WORKBOOK') || names.has('BOOK')) return MEDIA.xls
  if (names.has('PowerPoint Document')) return MEDIA.ppt
  if (names.has('__properties_version1.0')) return MEDIA.msg
  if (names.size === 0) throw new AppError('document/corrupt', { reason: 'its table of contents cannot be read' })
  throw new AppError('document/unsupported', { mediaType: 'application/x-ole-storage' })
}
