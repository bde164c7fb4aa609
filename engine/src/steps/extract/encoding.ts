import chardet from 'chardet'
import iconv from 'iconv-lite'

export interface Decoded {
  readonly text: string
  /** As the WHATWG names it, or `utf-32le`, `utf-32be`, `cp500`. */
  readonly encoding: string
  /** Undefined when it is certain; otherwise the sentence that says it was guessed. */
  readonly doubt: string | undefined
}

/** Source: enough text to tell an encoding, little enough to be quick. */
const SAMPLE_BYTES = 64 << 10
const EAST_ASIAN = ['shift_jis', 'euc-jp', 'gb18030', 'big5', 'euc-kr']
const WHATWG: Readonly<Record<string, string>> = {
  'iso-8859-1': 'windows-1252',
  'iso-8859-9': 'windows-1254',
  'iso-8859-11': 'windows-874',
  'iso-8859-8': 'windows-1255',
}

/**
 * Text from bytes in whatever encoding: byte order marks first, then what the bytes can only be, then the declared
 * encoding if the bytes allow it, then statistics.
 * @param declared as a header or meta tag states it; not believed against the bytes
 */
export function decodeText(bytes: Uint8Array, declared?: string): Decoded {
  const marked = byMark(bytes)
  if (marked !== undefined) return marked
  const wide = wideWithoutMark(bytes)
  if (wide !== undefined && isReadable(decodeWide(bytes.subarray(0, 4096), wide))) return { text: decodeWide(bytes, wide), encoding: wide, doubt: undefined }
  const seven = bytes.every((byte) => byte < 0x80)
  if (seven && hasJapaneseEscape(bytes)) return { text: decodeAs(bytes, 'iso-2022-jp'), encoding: 'iso-2022-jp', doubt: undefined }
  const utf8 = strictly(bytes, 'utf-8')
  if (utf8 !== undefined) return { text: utf8, encoding: 'utf-8', doubt: undefined }
  if (looksLikeEbcdic(bytes)) return { text: decodeEbcdic(bytes), encoding: 'cp500', doubt: 'The encoding was taken to be EBCDIC (cp500).' }
  const named = declared === undefined ? undefined : known(declared)
  if (named !== undefined && named !== 'utf-8' && !named.startsWith('utf-16')) {
    const text = strictly(bytes, named)
    if (text !== undefined && !/[\u0080-\u009f]/.test(text)) return { text, encoding: named, doubt: undefined }
  }
  const damaged = mostlyUtf8(bytes)
  if (damaged !== undefined) return { text: damaged, encoding: 'utf-8', doubt: 'Some characters could not be read.' }
  const guess = guessed(bytes)
  return { text: decodeAs(bytes, guess), encoding: guess, doubt: `The encoding was taken to be ${guess}.` }
}

function byMark(bytes: Uint8Array): Decoded | undefined {
  const starts = (...mark: number[]): boolean => mark.every((byte, index) => bytes[index] === byte)
  if (starts(0xff, 0xfe, 0, 0)) return { text: decodeWide(bytes.subarray(4), 'utf-32le'), encoding: 'utf-32le', doubt: undefined }
  if (starts(0, 0, 0xfe, 0xff)) return { text: decodeWide(bytes.subarray(4), 'utf-32be'), encoding: 'utf-32be', doubt: undefined }
  if (starts(0xff, 0xfe)) return { text: decodeAs(bytes.subarray(2), 'utf-16le'), encoding: 'utf-16le', doubt: undefined }
  if (starts(0xfe, 0xff)) return { text: decodeAs(bytes.subarray(2), 'utf-16be'), encoding: 'utf-16be', doubt: undefined }
  if (starts(0xef, 0xbb, 0xbf)) return { text: decodeAs(bytes, 'utf-8'), encoding: 'utf-8', doubt: undefined }
  return undefined
}

/** Latin text in UTF-16 or UTF-32 has its zero bytes all in the same places. */
function wideWithoutMark(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, 4096)
  if (sample.length < 8 || bytes.length % 2 !== 0) return undefined
  const zeros = [0, 0, 0, 0]
  for (let index = 0; index < sample.length; index += 1) if (sample[index] === 0) zeros[index % 4] = (zeros[index % 4] ?? 0) + 1
  const [a = 0, b = 0, c = 0, d = 0] = zeros.map((count) => count / (sample.length / 4))
  if (bytes.length % 4 === 0 && a + b + c > 2.7 && d < 0.1) return 'utf-32be'
  if (bytes.length % 4 === 0 && b + c + d > 2.7 && a < 0.1) return 'utf-32le'
  if (b > 0.4 && d > 0.4 && a < 0.05 && c < 0.05) return 'utf-16le'
  if (a > 0.4 && c > 0.4 && b < 0.05 && d < 0.05) return 'utf-16be'
  return undefined
}

/** Words with blanks or line breaks between them, and nothing that text does not hold. */
function isReadable(text: string): boolean {
  return /[ \n]/.test(text) && !/[^\P{Cc}\t\n\r\f]/u.test(text)
}

function decodeWide(bytes: Uint8Array, encoding: string): string {
  return encoding.startsWith('utf-32') ? iconv.decode(Buffer.from(bytes), encoding) : decodeAs(bytes, encoding)
}

function decodeAs(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes)
}

function strictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined // that is the answer: the bytes are not in this encoding
  }
}

/** The WHATWG name of a declared encoding; undefined for an unknown one. */
function known(label: string): string | undefined {
  try {
    return new TextDecoder(label.trim().slice(0, 40)).encoding
  } catch {
    return undefined // an unknown label declares nothing
  }
}

/** ESC $ B, ESC $ @, ESC ( J or ESC ( I. */
function hasJapaneseEscape(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
    const [second, third] = [bytes[at + 1], bytes[at + 2]]
    if (second === 0x24 && (third === 0x42 || third === 0x40)) return true
    if (second === 0x28 && (third === 0x4a || third === 0x49)) return true
  }
  return false
}

/** UTF-8 with a few broken places, such as a file that was cut: fewer than one in a hundred of its non-ASCII characters. */
function mostlyUtf8(bytes: Uint8Array): string | undefined {
  const text = decodeAs(bytes, 'utf-8')
  let broken = 0
  let beyond = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 0xfffd) broken += 1
    else if (code > 0x7f) beyond += 1
  }
  return broken > 0 && broken * 100 <= beyond + 99 && beyond > broken ? text : undefined
}

function guessed(bytes: Uint8Array): string {
  const sample = wholeLines(bytes)
  const candidates = chardet
    .analyse(sample)
    .map((match) => ({ name: WHATWG[match.name.toLowerCase()] ?? known(match.name), confidence: match.confidence }))
    .filter((match): match is { name: string; confidence: number } => match.name !== undefined && !match.name.startsWith('utf-'))
  for (const { name } of candidates) {
    const text = strictly(sample, name)
    if (text === undefined || /[\u0080-\u009f]/.test(text)) continue
    if (!EAST_ASIAN.includes(name) || isPlausiblyAsian(text)) return name
  }
  return 'windows-1252'
}

/** The sample ends at a line break, so that no character is cut in two. */
function wholeLines(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= SAMPLE_BYTES) return bytes
  const end = bytes.lastIndexOf(0x0a, SAMPLE_BYTES)
  return bytes.subarray(0, end > SAMPLE_BYTES / 2 ? end : SAMPLE_BYTES)
}

/** Western text read as East Asian gives rare characters one by one; real text has them in runs. */
function isPlausiblyAsian(text: string): boolean {
  const wide = text.match(/[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]/gu)?.length ?? 0
  const runs = text.match(/[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]{2,}/gu)?.reduce((sum, run) => sum + run.length, 0) ?? 0
  return wide > 0 && runs / wide > 0.6
}

/** Printable letters of EBCDIC lie above 0x80 and its blank is 0x40; ASCII text is the other way round. */
function looksLikeEbcdic(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 4096)
  if (sample.length < 32) return false
  let blanks = 0
  let letters = 0
  let ascii = 0
  for (const byte of sample) {
    if (byte === 0x40) blanks += 1
    else if ((byte >= 0x81 && byte <= 0xa9) || (byte >= 0xc1 && byte <= 0xe9) || (byte >= 0xf0 && byte <= 0xf9)) letters += 1
    else if (byte === 0x20 || (byte >= 0x61 && byte <= 0x7a && byte !== 0x61 && byte !== 0x6b && byte !== 0x6d && byte !== 0x6f && byte !== 0x7a)) ascii += 1
  }
  return blanks > sample.length * 0.05 && letters > sample.length * 0.3 && blanks + letters > sample.length * 0.85 && ascii < sample.length * 0.02
}

/** Source: IBM code page 500, positions 0x40 to 0xff; below that only line ends and tabs are kept. */
const CP500 =
  ' \u00a0âäàáãåçñ[.<(+!&éêëèíîïìß]$*);^-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@\'="Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿ÐÝÞ®¢£¥·©§¶¼½¾¬|¯¨´×{ABCDEFGHI\u00adôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ\u009f'

function decodeEbcdic(bytes: Uint8Array): string {
  const table = Array.from({ length: 256 }, (_, code) =>
    code >= 0x40 ? (CP500[code - 0x40] ?? '') : code === 0x15 || code === 0x25 ? '\n' : code === 0x05 ? '\t' : code === 0x0d ? '\r' : '',
  )
  const parts: string[] = []
  for (const byte of bytes) parts.push(table[byte] ?? '')
  return parts.join('')
}
