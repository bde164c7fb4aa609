import fc from 'fast-check'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { expect, test } from 'vitest'
import { markerReader, type Piece } from './markers.ts'

function readAll(parts: readonly string[]): Piece[] {
  const reader = markerReader()
  const pieces = [...parts.flatMap((part) => reader.feed(part)), ...reader.end()]
  // Neighbouring texts are one text: where they are cut depends on the stream.
  const joined: Piece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (piece.type === 'text' && last?.type === 'text') joined[joined.length - 1] = { ...last, text: last.text + piece.text, until: piece.until }
    else joined.push(piece)
  }
  return joined
}
const textOf = (pieces: readonly Piece[]) =>
  pieces.map((piece) => (piece.type === 'text' ? piece.text : piece.type === 'cite' ? `{${piece.passage}}` : '{none}')).join('')

test.each([
  ['a quote', 'Leave is asked for [2: "in the portal"].', 'Leave is asked for{2}.'],
  ['curly quotes', 'Yes [1: “a “b” c”] and no.', 'Yes{1} and no.'],
  ['bare numbers', 'Yes [1] no [2, 3].', 'Yes{1} no{2}{3}.'],
  ['a marker that never closes', 'Yes [1: "never', 'Yes'],
  ['thoughts', '<think>secret [1]</think>\n\nYes.', 'Yes.'],
  ['a thought that never ends', '<think>secret', ''],
  ['images', 'See ![a chart](https://evil.example/?q=1) here', 'See a chart here'],
  ['links', 'See [the page](https://evil.example) here', 'See the page here'],
  ['a link that never ends', 'See [the page](https://evil.exam', 'See the page'],
  ['plain brackets', 'a[i] = [x] < 3! [sic]', 'a[i] = [x] < 3! [sic]'],
  ['no answer', 'NOT_IN_DOCUMENTS', '{none}'],
  ['no answer after a citation', '[1] NOT_IN_DOCUMENTS', '{none}'],
  ['a citation before any text', '[1] Yes.', '{1}Yes.'],
  ['a citation alone', ' [1]', ''],
  ['no answer after a thought', '<think>hm</think> NOT_IN_DOCUMENTS.', '{none}'],
  ['its first letters', 'NOT_IN time', 'NOT_IN time'],
])('%s', (_, stream, shown) => {
  expect(textOf(readAll([stream]))).toBe(shown)
})

test('the quote and the claim before it are told', () => {
  expect(readAll(['A is B [1: "a, b"]. C is D [2].'])).toEqual([
    { type: 'text', text: 'A is B', from: 0, until: 6 },
    { type: 'cite', passage: 1, quote: 'a, b', claim: 'A is B' },
    { type: 'text', text: '. C is D', from: 18, until: 26 },
    { type: 'cite', passage: 2, quote: undefined, claim: '. C is D' },
    { type: 'text', text: '.', from: 30, until: 31 },
  ])
})

test('however a stream is cut, the same is read; no address of an image or link and no thought is ever shown', () => {
  const bit = fc.constantFrom(
    'Word ',
    'a ',
    '[1: "some quote"]',
    '[2]',
    ' [3,4] ',
    '[',
    ']',
    '!',
    '<',
    '"',
    '<think>hush</think>',
    '![x](http://evil)',
    '[y](http://evil)',
    '[1: "',
    'NOT_IN_DOCUMENTS',
    '\n',
    '[[',
    '(',
    ')',
  )
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 12 }), fc.array(fc.nat(40), { maxLength: 10 }), (bits, cuts) => {
      const stream = bits.join('')
      const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((one, two) => one - two), stream.length]
      const parts = places.slice(1).map((place, index) => stream.slice(places[index], place))
      const whole = readAll([stream])
      expect(readAll(parts)).toEqual(whole)
      expect(textOf(whole)).not.toContain('hush')
      expect(textOf(whole).replace(/\{(\d+)\}/g, '[$1]')).not.toMatch(/\]\(http/)
    }),
    { numRuns: 3000 },
  )
})

test('what is held back is bounded', () => {
  const reader = markerReader()
  for (let index = 0; index < 300; index += 1) reader.feed('[1: "x '.padEnd(100, 'y'))
  const after = [...reader.feed('\nplain text again'), ...reader.end()]
  expect(textOf(after)).toContain('plain text again')
})

const known = (address: string) => 'read https://portal.example/leave?a=1 and http://www.known.example here, or ask info@known.example'.includes(address)
const shownOf = (stream: string) => {
  const [whole, single] = [markerReader(known), markerReader(known)]
  const text = textOf([...whole.feed(stream), ...whole.end()])
  expect(textOf([...[...Array(stream.length)].flatMap((_, at) => single.feed(stream.charAt(at))), ...single.end()])).toBe(text)
  return text
}

test.each([
  ['an address that is not known', 'See https://evil.example/?q=secret.', 'See (link left out).'],
  ['a known one', 'See https://portal.example/leave?a=1, then.', 'See portal.example/leave?a=1, then.'],
  ['a known one with more behind it', 'See https://portal.example/leave?a=1&q=secret', 'See (link left out)'],
  ['www', 'Go to www.evil.example now, not http://www.known.example!', 'Go to (link left out) now, not known.example!'],
  ['an automatic link', 'See <https://evil.example> or <HTTPS://portal.example/x>', 'See (link left out) or (link left out)'],
  ['a reference', '[a]: https://evil.example "t"\n[b][a] ![c][a]', '[a] : (link left out) "t"\n[b][a] [c][a]'],
  ['a citation made into a definition', 'x [1]: //evil.example', 'x{1} : //evil.example'],
  ['HTML', 'a<br/>b <img src="https://evil.example/x.png"> <script>x</script> <b>c</b> <svg/onload=x>', 'a b  x c'],
  ['a tag of no language', '<xss onclick=x> and List<String>, a<b and c>d, a<b', '‹xss onclick=x> and List<String>, a‹b and c>d, a‹b'],
  ['a comment', 'a <!-- <b> hidden --> b', 'a b'],
  ['a data address', 'x data:text/html;base64,AAAA y, but metadata:5 and data: yes', 'x (link left out) y, but metadata:5 and data: yes'],
  ['a script', 'x javascript:alert(1) y', 'x (link left out) y'],
  ['other schemes', 'x intent://evil y', 'x intent: //evil y'],
  ['slashes that are hidden', 'x https:\\/\\/evil.example y https\\://evil.example', 'x (link left out) y (link left out)'],
  ['letters that are hidden', 'x ht\u200btps://evil\u{e0041}.example y', 'x (link left out) y'],
  ['entities', 'https&#58;//evil &colon; R&D', 'https& #58;//evil & colon; R&D'],
  ['a link with an address for its text', '[https://evil.example](https://evil.example)', ''],
  ['an address around a tag', 'see ww<b>w.evil.com/p', 'see ww w.evil.com/p'],
  ['an address around a tag behind it', 'see www<b></b>.evil.com/p', 'see www .evil.com/p'],
  ['an address around a link', 'ww[w](x).evil.com/p', 'ww w.evil.com/p'],
  ['an address around a thought', 'ww<think>z</think>w.evil.com/leak', 'ww w.evil.com/leak'],
  ['an address around a citation', 'ww [7]w.evil.com/leak', 'ww{7} w.evil.com/leak'],
  ['an address around an address', 'wwhttp://www.known.example', 'wwknown.example'],
  ['a scheme around tags', 'h<b>ttps:/</b>/evil.com', 'h ttps:/ /evil.com'],
  ['an escaped www', 'www\\.evil.com', '(link left out)'],
  ['tags inside and behind words', 'H<sub>2</sub>O is <b>fluid</b>.', 'H2O is fluid.'],
  ['a mailbox', 'evil@attacker.com or <evil@attacker.com>', 'evil (link left out) or (link left out)'],
  ['a mailbox around tags', 'evil@<b>attacker</b>.com, evil<b>@attacker.com', 'evil@ attacker.com, evil (link left out)'],
  ['a mailbox with escapes', 'evil\\@attacker\\.com', 'evil\\ (link left out)'],
  ['a mailbox with a scheme', 'xmpp:evil@attacker.com/x mailto:evil@attacker.com', '(link left out) (link left out)'],
  ['a known mailbox', 'Ask info@known.example. Or @anna at 3 @ home', 'Ask info@known.example. Or @anna at 3 @ home'],
  ['hidden characters', 'a\u{e0049}\u202eb\u2066', 'ab'],
])('shows %s without anything to follow', (_, stream, shown) => {
  expect(shownOf(stream).replace(/\s+/g, ' ').trim()).toBe(shown.replace(/\s+/g, ' '))
})

test('however an address is broken up, and whether numbers of citations are shown or dropped, nobody can follow it', () => {
  const bit = fc.constantFrom(
    ...['w', 'ww', 'www', 'www.', '.', 'evil', '.com', 'evil.com', '/p', '@', 'a', '<b>', '</b>', '<i/>', '<!-- x -->', '[w](x)', '[', '](x)', '![ww](y)'],
    ...[
      '<think>z</think>',
      '[9]',
      ' [9]',
      'h',
      'ttp',
      's',
      ':',
      '/',
      '//',
      '\\',
      'mailto:',
      'xmpp:',
      ' ',
      '\n',
      '**',
      '_',
      '&',
      '&#64;',
      '<',
      '>',
      '(',
      ')',
      '-',
    ],
  )
  fc.assert(
    fc.property(fc.array(bit, { minLength: 3, maxLength: 14 }), fc.constantFrom('', ' [9]'), (bits, number) => {
      const stream = bits.join('')
      const pieces = readAll([...stream])
      expect(textOf(pieces)).toBe(textOf(readAll([stream])))
      const shown = pieces.map((piece) => (piece.type === 'text' ? piece.text : number)).join('')
      const tree = JSON.stringify(fromMarkdown(shown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }))
      expect(tree, JSON.stringify(shown)).not.toMatch(/"type":"(?:link|image|definition|linkReference|imageReference)"/)
    }),
    { numRuns: 3000 },
  )
})
