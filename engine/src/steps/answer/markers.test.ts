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
  // Brackets that begin with a digit and are no citation.
  ['a quantity', 'Employees receive [30 days] of leave [1: "30 days"].', 'Employees receive [30 days] of leave{1}.'],
  ['a date', 'Due on [30 June 2024], or [2024-06-30], or [12:30].', 'Due on [30 June 2024], or [2024-06-30], or [12:30].'],
  ['a year', 'The report [2023] says it.', 'The report [2023] says it.'],
  ['decimals', 'In [0.5, 1.5] and [5 mg] and [10%] and [1/2].', 'In [0.5, 1.5] and [5 mg] and [10%] and [1/2].'],
  ['what counts from zero', 'In [0, 1] and arr[0] and [0-3].', 'In [0, 1] and arr[0] and [0-3].'],
  ['half an interval', 'In [0, 1) and [2, 5) it holds.', 'In [0, 1) and [2, 5) it holds.'],
  ['quotes amid other words', 'A [5 "inch" pipe] and [5 "inch].', 'A [5 "inch" pipe] and [5 "inch].'],
  ['a long range', 'From [10-50] and [5-1] units.', 'From [10-50] and [5-1] units.'],
  ['code', 'Use `arr[1]`, ``a`[2]`` and `x[1: "y"]` [2].', 'Use `arr[1]`, ``a`[2]`` and `x[1: "y"]`{2}.'],
  ['code that never ends', 'Say ` once [1]\nand [2].', 'Say ` once [1]\nand{2}.'],
  ['a backtick that is escaped', 'Say \\` once [1].', 'Say \\` once{1}.'],
  ['a block of code', 'So [1]:\n```js\nf[1]\n```` x\n~~~\n[2]\n```\nThen [3].', 'So{1} :\n```js\nf[1]\n```` x\n~~~\n[2]\n```\nThen{3}.'],
  ['a fence in one line', '```a[1]``` is [2].', '```a[1]``` is{2}.'],
  ['names of programs', 'Call f(x)[2], my_list[1][2], myList[3], obj_a(1, 2)[4].', 'Call f(x)[ 2], my_list[ 1][ 2], myList[ 3], obj_a(1, 2)[ 4].'],
  ['words without a blank', 'Leave is granted[1], in 2023[2], by McDonald[3] (see a)[4].', 'Leave is granted{1}, in 2023{2}, by McDonald{3} (see a){4}.'],
  ['a name of programs with a quote', 'See my_list[1: "some words"].', 'See my_list{1}.'],
  ['a number behind a citation', 'See my_list [1][2].', 'See my_list{1}{2}.'],
  // Several at once.
  ['several quotes', 'A [1: "a b"; 2: "c d"] B [1: "a", 3: "b"] C [1: "a", "b" and 2: "c"].', 'A{1}{2} B{1}{3} C{1}{1}{2}.'],
  ['ranges', 'A [1-2] B [1–3] C [1 — 2, 4] D [3-4: "q"].', 'A{1}{2} B{1}{2}{3} C{1}{2}{4} D{3}{4}.'],
  ['lists', 'A [1; 2] B [1][2] C [1, 2: "q"] D [1 and 2] E [1 & 2, 2].', 'A{1}{2} B{1}{2} C{1}{2} D{1}{2} E{1}{2}.'],
  ['a number that there is not', 'A [99].', 'A{99}.'],
  ['a quote in quotation marks', 'A [1: "he said "no", 2 days ago"] b.', 'A{1} b.'],
  ['a quote with brackets', 'A [1: "see [3] and "] b] c [2: ‘it’s x’] d.', 'A{1} b] c{2} d.'],
  ['a quote that misses its end', 'A [1: "one two]. B [2: "three"] c.', 'A{1}. B{2} c.'],
  ['a quote that misses its end and bracket', 'A [1: "one two. B [2: "three"] c.', 'A{2} c.'],
  ['a quote that goes on in another paragraph', 'A [1: "one\n\nB is C.', 'A\n\nB is C.'],
  ['words without quotation marks', 'A [2: leave is asked for] b [2: x].', 'A{2} b [2: x].'],
  ['the beginning of a citation', 'A [1', 'A'],
  ['the beginning of a list', 'A [1: "b"; 2', 'A'],
  ['a bracket at the end', 'A [', 'A'],
  ['a link behind a number', '[30 days](http://evil) and [1](http://evil) and `[0](http://evil)`', '30 days and{1} ((link left out)) and `0`'],
  // Thoughts stand before the text.
  ['a tag that is told of', 'Use the <think> tag to do X.', 'Use the ‹think> tag to do X.'],
  ['a tag in code', 'The `<reasoning>` element holds </thinking>.', 'The `<reasoning>` element holds ‹/thinking>.'],
  ['several thoughts', '<think>a</think> <REASONING>b</think></reasoning>\nYes.', 'Yes.'],
  ['no answer', 'NOT_IN_DOCUMENTS', '{none}'],
  ['no answer in bold', '**NOT_IN_DOCUMENTS**', '{none}'],
  ['no answer in code', '\n`NOT_IN_DOCUMENTS`.', '{none}'],
  ['no answer in a quote', '> "not_in_documents"', '{none}'],
  ['no answer in a bracket', '[NOT_IN_DOCUMENTS]', '{none}'],
  ['no answer behind a word', 'I looked. NOT_IN_DOCUMENTS', 'I looked.{none}'],
  ['no answer with marks behind a word', 'I looked. **`NOT_IN_DOCUMENTS`**.', 'I looked.{none}'],
  ['no answer in a sentence', 'A is B [1]. For C: "NOT_IN_DOCUMENTS". D is E.', 'A is B{1}. For C:{none} D is E.'],
  ['no answer in a sentence without end', 'That is NOT_IN_DOCUMENTS, sorry.', 'That is{none}, sorry.'],
  ['no answer in a bracket behind a word', 'Sorry [NOT_IN_DOCUMENTS]. And [a NOT_IN_DOCUMENTS b] c', 'Sorry{none}. And [a{none} b] c'],
  ['a longer word', 'Set MY_NOT_IN_DOCUMENTS or NOT_IN_DOCUMENTS_2.', 'Set MY_NOT_IN_DOCUMENTS or NOT_IN_DOCUMENTS_2.'],
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

test('the quotes of one bracket each have their passage', () => {
  const cites = (stream: string) => readAll([stream]).flatMap((piece) => (piece.type === 'cite' ? [[piece.passage, piece.quote]] : []))
  expect(cites('A [1: "a b"; 2: "c d"].')).toEqual([
    [1, 'a b'],
    [2, 'c d'],
  ])
  expect(cites('A [1, 3: “c [d] “e” f”, “g” and 4].')).toEqual([
    [1, undefined],
    [3, 'c [d] “e” f'],
    [3, 'g'],
    [4, undefined],
  ])
  expect(cites('A [2: leave is asked for].')).toEqual([[2, 'leave is asked for']])
  expect(cites('A [1: ""].')).toEqual([[1, undefined]])
})

test.each([
  'Due on [30 June 2024] for all',
  'Take [5 mg] of it',
  'In [0.5, 1.5] it holds',
  'Half an [0, 1) interval',
  'Call arr[0] or f(x)[2]',
  'A [1: "one two] b',
  'A [1: "he said "no" today"] b',
])('%s: some words later all of it is shown', (stream) => {
  const reader = markerReader()
  const now = textOf([...stream].flatMap((sign) => reader.feed(sign)))
  const soon = now + textOf([...' and then there are more words behind it, without any end'].flatMap((sign) => reader.feed(sign)))
  const all = textOf(readAll([stream]))
  expect(soon.slice(0, all.length)).toBe(all)
})

test('however a stream is cut, the same is read; no address of an image or link and no thought before the text is ever shown', () => {
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
    ...[
      '[30 days]',
      '[0.5, 1',
      '[0, 1]',
      '[2024]',
      'arr[0]',
      'a_b',
      'f(x)',
      '[1: "a"; 2: "b"]',
      '", 2: "',
      '[1-3]',
      '[1–2',
      '[1; 2]',
      '[2: three plain words]',
    ],
    ...[' ', '1', '2', '-', ',', ';', ':', ' and ', '`', '``', '```', '\n```js\n', '\n\n', '~~~\n', '\\', '**', '_', '“', '’', "'"],
    ...['not_in_', 'DOCUMENTS', '<think>', '</think>', '<reasoning>', '</reas'],
  )
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 12 }), fc.array(fc.nat(90), { maxLength: 14 }), (bits, cuts) => {
      const stream = bits.join('')
      const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((one, two) => one - two), stream.length]
      const parts = places.slice(1).map((place, index) => stream.slice(places[index], place))
      const whole = readAll([stream])
      expect(readAll(parts)).toEqual(whole)
      expect(readAll([...stream])).toEqual(whole)
      expect(textOf(readAll([`<think>hush</think>${stream}`]))).toBe(textOf(whole))
      expect(textOf(whole).replace(/\{(\d+)\}/g, '[$1]')).not.toMatch(/\]\(http/)
    }),
    { numRuns: 6000 },
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
  ['an address around a thought', 'ww<think>z</think>w.evil.com/leak', 'ww‹think>z‹/think>w.evil.com/leak'],
  [
    'an address around words of no answer',
    'w NOT_IN_DOCUMENTSwww.evil.com, www"NOT_IN_DOCUMENTS".evil.com',
    'w NOT_IN_DOCUMENTS(link left out), www{none} .evil.com',
  ],
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
      '[3 d]',
      '[0]',
      '[1: "',
      '"]',
      'a_b[1]',
      '`',
      '\n```\n',
      '*NOT_IN_DOCUMENTS*',
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
      const shown = pieces.map((piece) => (piece.type === 'text' ? piece.text : piece.type === 'cite' ? number : '')).join('')
      const tree = JSON.stringify(fromMarkdown(shown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }))
      expect(tree, JSON.stringify(shown)).not.toMatch(/"type":"(?:link|image|definition|linkReference|imageReference)"/)
    }),
    { numRuns: 3000 },
  )
})
