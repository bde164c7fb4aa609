import { withoutUnseen } from '../../domain/fence.ts'

/** What becomes of a stretch at the head of a stream: `text` is shown for its first `length` characters. `wait`: more must come first. */
export type Shown = 'wait' | { readonly text: string; readonly length: number }

/** Does this address stand in what the answer was written from? */
export type Known = (address: string) => boolean

const LINK_LEFT_OUT = '(link left out)'
const LONGEST_ADDRESS = 2000

/** Where something begins that a reader of Markdown or HTML could make active; it may stand inside a word. */
const ADDRESS = /(?:https?|ftp|wss?|file)\\?[:：]\\?[\\/]|(?:data|javascript|vbscript|mailto|blob|xmpp)\\?[:：](?=\S)|www\\?\.|:\\?\/\\?\//i
export const SPECIAL = new RegExp(`[[<!&@]|${ADDRESS.source}`, 'i')
const SLASHES = ['/', '\\/', '\\']
const COLONS = [':', '\\:']
const PREFIXES = [
  ...['https', 'http', 'wss', 'ws', 'ftp', 'file'].flatMap((scheme) => COLONS.flatMap((colon) => SLASHES.map((slash) => scheme + colon + slash))),
  ...['//', '\\//', '/\\/', '\\/\\/'].map((slashes) => `:${slashes}`),
  ...['www.', 'www\\.', ...['javascript', 'vbscript', 'data', 'mailto', 'blob', 'xmpp'].flatMap((scheme) => COLONS.map((colon) => scheme + colon))],
]

export function holdsAddress(text: string): boolean {
  return ADDRESS.test(text) || /&(?:#|\w+;)|@/.test(text)
}

/** How many characters at the end may be the beginning of an address. */
export function mayBegin(text: string): number {
  const end = text.slice(-12).toLowerCase().replaceAll('：', ':')
  for (let length = end.length; length > 0; length -= 1) {
    const tail = end.slice(-length)
    if (PREFIXES.some((prefix) => prefix.startsWith(tail))) return length
  }
  return 0
}

/** So much of what was shown tells whether what comes next goes on with an address: a scheme, or a name of a mailbox. */
export const LONGEST_TAIL = 100

/** What was taken out between `shown` and `text` must not leave an address behind: a blank stands in its place where it would. */
export function apart(shown: string, text: string): string {
  const end = shown.slice(-12).toLowerCase().replaceAll('：', ':')
  const next = text.charAt(0).toLowerCase().replaceAll('：', ':')
  if (next === '' || /\s/.test(next) || end === '') return ''
  if (/@[\p{L}\p{N}._\\-]*$/u.test(shown) && /[\p{L}\p{N}._\\-]/u.test(next)) return ' '
  for (let length = 1; length <= end.length; length += 1) {
    const tail = end.slice(-length)
    if (PREFIXES.some((prefix) => prefix === tail || prefix.startsWith(tail + next))) return ' '
  }
  return ''
}

/** An "@" at the head: what makes an address of it is left out, unless the whole is known. `shown` is what stands before it. */
export function mailbox(shown: string, held: string, ended: boolean, known: Known): Shown {
  const user = /([\p{L}\p{N}._+-]+)\\?$/u.exec(shown.slice(-LONGEST_TAIL))?.[1]
  if (user === undefined) return { text: '@', length: 1 }
  const rest = /^@(?:\\?[\p{L}\p{N}._-]){0,200}/u.exec(held)?.[0] ?? '@'
  if (!ended && /^\\?$/.test(held.slice(rest.length))) return 'wait'
  const domain = rest.replace(/[._\\-]+$/, '')
  if (!domain.includes('.')) return { text: '@', length: 1 }
  return known(user + domain) ? { text: domain, length: domain.length } : { text: ` ${LINK_LEFT_OUT}`, length: domain.length }
}

/** An address at the head: without its scheme when it is known, so that nothing makes it a link; otherwise it is left out. */
export function address(held: string, ended: boolean, known: Known): Shown {
  if (/^:/.test(held)) return { text: ': //', length: /^:\\?\/\\?\//.exec(held)?.[0].length ?? 1 }
  const body = /^[^\s<>"`“”«»‹›[\]{}|^]{1,2000}/.exec(held)?.[0] ?? ''
  if (body.length === held.length && !ended && body.length < LONGEST_ADDRESS) return 'wait'
  const whole = trimmed(body)
  const opaque = /^(data|javascript|vbscript|mailto|blob|xmpp)\\?[:：]/i.exec(whole)
  if (opaque !== null) {
    // "metadata:5" is no address.
    if (/^data/i.test(whole) && !/^data[:：][\w.+-]*[/;,]/i.test(whole)) return { text: held.slice(0, 5), length: 5 }
    const mail = /^(?:mailto|xmpp)\\?[:：]([^?/]*)$/i.exec(whole)?.[1]
    return { text: mail !== undefined && known(mail) ? mail : LINK_LEFT_OUT, length: whole.length }
  }
  return { text: known(whole) ? withoutScheme(whole) : LINK_LEFT_OUT, length: Math.max(whole.length, 1) }
}

/** Signs that end the sentence are not of the address; nor is a bracket that it did not open. */
function trimmed(body: string): string {
  let end = body.replace(/[.,;:!?'*_~]+$/, '')
  while (end.endsWith(')') && (end.match(/\(/g)?.length ?? 0) < (end.match(/\)/g)?.length ?? 0)) end = end.slice(0, -1).replace(/[.,;:!?'*_~]+$/, '')
  return end
}

function withoutScheme(whole: string): string {
  const bare = whole.replace(/^(?:[a-z]+\\?[:：])?[\\/]*(?:www\\?\.)*/i, '').replace(/[:：](?=\\?\/)/g, ': ')
  return bare === '' ? LINK_LEFT_OUT : bare
}

const TAGS = new Set(
  (
    'a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas caption center cite code col ' +
    'colgroup command content data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset ' +
    'h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee math ' +
    'menu meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rp rt ruby s samp ' +
    'script section select shadow slot small source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead ' +
    'time title tr track tt u ul use var video wbr xmp'
  ).split(' '),
)

/** A "<" at the head: tags and comments are left out, `<https://…>` is an address, "a < b" stays as it is. */
export function tag(held: string, ended: boolean, known: Known): Shown {
  if (held.length === 1 && !ended) return 'wait'
  if (!/^<[\p{L}/!?|]/u.test(held)) return { text: '<', length: 1 }
  if (held.startsWith('<!--') || (!ended && '<!--'.startsWith(held))) return upTo(held, '-->', ended)
  const auto = /^<([a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,1900})>/i.exec(held) ?? /^<([\p{L}\p{N}._+-]{1,90}@[^\s<>]{1,190})>/u.exec(held)
  if (auto !== null) {
    const inner = auto[1] ?? ''
    const found = /^[^:]*@/.test(inner) ? { text: known(inner) ? inner : LINK_LEFT_OUT } : address(inner, true, known)
    return { text: found === 'wait' ? LINK_LEFT_OUT : found.text, length: auto[0].length }
  }
  const name = /^<[/!?]?([\p{L}\p{N}-]{0,64})/u.exec(held)
  const rest = held.slice(name?.[0].length ?? 1)
  if (rest === '' && !ended) return 'wait'
  // "a <b and c> d" is no tag: one of a single letter has nothing, or something with an equals sign, in it.
  if (name?.[1]?.length === 1 && /^\s+(?![a-z-]+\s*=)/i.test(rest)) return /^\s+[a-z-]{0,40}\s*$/i.test(rest) && !ended ? 'wait' : { text: '‹', length: 1 }
  if (TAGS.has((name?.[1] ?? '').toLowerCase()) || /^<!doctype/i.test(held)) return upTo(held, '>', ended)
  if (/^[:@.+\w]/.test(rest) && !/[\s<>]/.test(rest) && !ended && held.length < LONGEST_ADDRESS) return 'wait'
  // Types such as "List<String>" stay readable; all else loses the sign that could make it a tag.
  return { text: /^<\p{L}/u.test(held) && /^[>,]/.test(rest) ? '<' : '‹', length: 1 }
}

function upTo(held: string, end: string, ended: boolean): Shown {
  const at = held.indexOf(end)
  // A tag holds no other one: what comes next is looked at by itself.
  const other = end === '>' ? held.indexOf('<', 1) : -1
  if (other !== -1 && (at === -1 || other < at)) return { text: '‹', length: 1 }
  if (at !== -1 && at < LONGEST_ADDRESS) return { text: /^<br\b/i.test(held) ? ' ' : '', length: at + end.length }
  return at === -1 && !ended && held.length < LONGEST_ADDRESS ? 'wait' : { text: '‹', length: 1 }
}

/** An "&" at the head: signs written as entities become no signs of a link. */
export function entity(held: string, ended: boolean): Shown {
  const told = /^&(?:#|(?:colon|sol|bsol|period|lbrack|lsqb|rsqb|rbrack|lpar|rpar|excl|num|commat|tab|newline|lt|gt)\b)/i.exec(held)
  if (told !== null) return { text: '& ', length: 1 }
  return /^&[a-z]{0,7}$/i.test(held) && !ended ? 'wait' : { text: '&', length: 1 }
}

/** A stretch of a document as it may be shown in an answer: all of its words, and nothing that a reader of Markdown or HTML could make active. */
export function withoutLinks(text: string, known: Known): string {
  let [shown, rest] = ['', withoutUnseen(text)]
  for (let found = rest.search(SPECIAL); found !== -1; found = rest.search(SPECIAL)) {
    shown += rest.slice(0, found)
    const head = rest.slice(found, found + 2 * LONGEST_ADDRESS)
    const piece = inert(shown, head, known)
    shown += (piece.text === head.slice(0, piece.length) ? '' : apart(shown, piece.text)) + piece.text
    rest = rest.slice(found + Math.max(1, piece.length))
  }
  return (shown + rest).replaceAll('](', '] (').replaceAll(']:', '] :').replaceAll('![', '! [')
}

function inert(shown: string, head: string, known: Known): Exclude<Shown, 'wait'> {
  if (/^[[!]/.test(head)) return { text: head.charAt(0), length: 1 }
  if (head.startsWith('<')) return { text: /^<[\p{L}/!?|]/u.test(head) ? '‹' : '<', length: 1 }
  if (head.startsWith('@')) return sure(mailbox(shown, head, true, known))
  return sure(head.startsWith('&') ? entity(head, true) : address(head, true, known))
}

function sure(piece: Shown): Exclude<Shown, 'wait'> {
  return piece === 'wait' ? { text: '', length: 1 } : piece
}
