import type { RawFile } from './extract.ts'
import { CODE_PREFIX, MEDIA } from './formats.ts'
import { extensionOf, languageOf } from './languages.ts'

const BY_EXTENSION: Readonly<Record<string, string>> = {
  md: MEDIA.markdown,
  markdown: MEDIA.markdown,
  mdx: MEDIA.markdown,
  mkd: MEDIA.markdown,
  csv: MEDIA.csv,
  tsv: MEDIA.tsv,
  tab: MEDIA.tsv,
  json: MEDIA.json,
  geojson: MEDIA.json,
  ipynb: MEDIA.json,
  jsonl: MEDIA.jsonl,
  ndjson: MEDIA.jsonl,
  eml: MEDIA.eml,
  mbox: MEDIA.mbox,
  html: MEDIA.html,
  htm: MEDIA.html,
  xhtml: MEDIA.html,
}
const PLAIN = new Set('txt text log srt vtt sub bib tex rst adoc org nfo asc readme'.split(' '))
const HTML_START =
  /^\s*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|title|meta|article|section|main|div|p|h[1-6]|table|ul|ol|span|a|b|i|pre|center|font)\b/i
const MAIL_FIELDS =
  /^(?:from|to|cc|subject|date|received|message-id|mime-version|return-path|delivered-to|reply-to|content-type|content-transfer-encoding|dkim-signature|x-[a-z0-9-]+|in-reply-to|references|sender|arc-[a-z-]+)$/i
/** Source: a JSON file larger than this is told by its name or its beginning. */
const WHOLE_JSON_BYTES = 4 << 20

/** Decides between kinds of text: by what the content shows, then by name and claimed type. `head` is its beginning. */
export function textType(head: string, file: RawFile, claimed: string): string {
  const text = head.replace(/^\ufeff/, '')
  const extension = extensionOf(file.name)
  const language = languageOf(file.name)
  // Code may hold anything, so its name counts before what it seems to hold.
  if (language !== undefined && !text.startsWith('{\\rtf')) return `${CODE_PREFIX}${language}`
  const named = Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined
  if (named === MEDIA.markdown || named === MEDIA.csv || named === MEDIA.tsv) return named
  const markup = markupType(text, extension)
  if (markup !== undefined) return markup
  if (text.startsWith('From ') && /^From \S{1,320} .{10,60}\r?\n(?:>?[A-Za-z-]+:|\r?\n)/.test(text)) return MEDIA.mbox
  if (isMail(text, named === MEDIA.eml)) return MEDIA.eml
  const json = jsonType(text, file, named)
  if (json !== undefined) return json
  if (text.startsWith('#!')) return `${CODE_PREFIX}${languageOfShebang(text)}`
  if (PLAIN.has(extension)) return MEDIA.text
  const wanted = claimed.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (wanted === MEDIA.markdown || wanted === MEDIA.csv || wanted === MEDIA.tsv) return wanted
  if (named !== undefined && named !== MEDIA.json && named !== MEDIA.jsonl) return named === MEDIA.html || named === MEDIA.eml ? named : MEDIA.text
  if (wanted === MEDIA.text || extension !== '') return MEDIA.text
  return columnType(text) ?? (isMarkdown(text) ? MEDIA.markdown : MEDIA.text)
}

function markupType(text: string, extension: string): string | undefined {
  const start = text.trimStart()
  if (!start.startsWith('<')) return undefined
  const beginning = start.slice(0, 4096)
  if (/^<\?xml\b/.test(start) || /^<!DOCTYPE\s+(?!html)/i.test(start)) {
    if (/<html[\s>]/i.test(beginning)) return MEDIA.html
    return /<svg[\s>]/.test(beginning) ? MEDIA.svg : MEDIA.xml
  }
  if (HTML_START.test(start) || /<html[\s>]/i.test(beginning)) return MEDIA.html
  if (/^<svg[\s>]/.test(start)) return MEDIA.svg
  if (extension === 'xml' || extension === 'dita' || /^<([A-Za-z_][\w.:-]{0,100})[^<>]{0,2000}>/.test(start))
    return extension === 'html' || extension === 'htm' ? MEDIA.html : MEDIA.xml
  return undefined
}

function isMail(text: string, named: boolean): boolean {
  let known = 0
  let any = 0
  for (const line of text.split(/\r?\n/, 60)) {
    if (line === '') break
    if (/^[ \t]/.test(line) && any > 0) continue
    const field = /^([A-Za-z][A-Za-z0-9-]{0,70}):/.exec(line)?.[1]
    if (field === undefined) return false
    any += 1
    if (MAIL_FIELDS.test(field)) known += 1
  }
  return known >= (named ? 1 : 2) && (named || /^(?:mime-version|received|message-id|return-path|delivered-to|content-type|from)\s*:/im.test(text))
}

function jsonType(text: string, file: RawFile, named: string | undefined): string | undefined {
  const start = text.trimStart()
  if (!/^[[{"0-9tfn-]/.test(start)) return undefined
  if (named === MEDIA.json || named === MEDIA.jsonl) return named
  if (!/^[[{]/.test(start)) return undefined
  const lines = start.split(/\r?\n/, 4).filter((line) => line.trim() !== '')
  if (lines.length >= 3 && lines.slice(0, 2).every((line) => line.startsWith('{') && isJson(line))) return MEDIA.jsonl
  if (file.size > WHOLE_JSON_BYTES) return /^[[{]\s*(?:[[{"]|-?\d)/.test(start) ? MEDIA.json : undefined
  return isJson(decodeLoosely(file)) ? MEDIA.json : undefined
}

function decodeLoosely(file: RawFile): string {
  return new TextDecoder().decode(file.at(0, file.size))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // that is the answer
  }
}

function languageOfShebang(text: string): string {
  const line = text.slice(0, 200).split('\n', 1)[0] ?? ''
  const program = /(python|node|deno|bun|ruby|perl|php|bash|zsh|fish|awk|lua)/.exec(line)?.[1] ?? 'sh'
  return (
    languageOf(`x.${({ python: 'py', node: 'js', deno: 'ts', bun: 'ts', ruby: 'rb', perl: 'pl' } as Record<string, string>)[program] ?? program}`) ?? 'shell'
  )
}

/** Without a name to go by: the same number of separators on each of the first lines. */
function columnType(text: string): string | undefined {
  const lines = text.split(/\r?\n/).slice(0, 20)
  const whole = lines.slice(0, Math.max(0, lines.length - 1)).filter((line) => line.trim() !== '')
  if (whole.length < 4) return undefined
  for (const [separator, mediaType] of [
    ['\t', MEDIA.tsv],
    [',', MEDIA.csv],
    [';', MEDIA.csv],
  ] as const) {
    const count = whole[0]?.split(separator).length ?? 0
    if (count >= 3 && whole.every((line) => line.split(separator).length === count)) return mediaType
  }
  return undefined
}

function isMarkdown(text: string): boolean {
  const marks = [/^#{1,6} \S/m, /^(?:[-*+]|\d{1,9}[.)]) \S/m, /^```/m, /\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)/, /^\|[^\n]{0,500}\|\s*$/m, /\*\*[^*\n]{1,200}\*\*/]
  return marks.filter((mark) => mark.test(text)).length >= 2
}
