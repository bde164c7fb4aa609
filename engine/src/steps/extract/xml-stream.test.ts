import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from './ooxml.contract.ts'
import { EXTRACT_LIMITS } from './reader.ts'
import { children, descendants, readXml, readXmlTree, textOf } from './xml-stream.ts'

async function* pieces(text: string | Uint8Array, size = 7): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const tree = (text: string | Uint8Array) => readXmlTree(pieces(text), EXTRACT_LIMITS, 'part.xml')
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

test('any text comes back, cut anywhere, in any Unicode encoding', async () => {
  const content = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replace(/[^\P{Cc}\n\t]|[\ufffe\uffff]/gu, ''))
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (text, size, wide) => {
      const xml = `<a><b>${escaped(text)}</b></a>`
      const bytes = wide ? Buffer.from(`\ufeff${xml}`, 'utf16le') : new TextEncoder().encode(xml)
      expect(textOf(await readXmlTree(pieces(bytes, size), EXTRACT_LIMITS, 'x'))).toBe(text)
    }),
  )
})

test('prefixes are those of the namespace, within their scope', async () => {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
  const root = await tree(`<doc xmlns="${word}"><p x:val="1" xmlns:x="${word}"/><p xmlns="other"/><q:p xmlns:q="${word}"/></doc>`)
  expect(root.name).toBe('w:doc')
  expect(children(root).map((element) => element.name)).toEqual(['w:p', 'p', 'w:p'])
  expect(children(root)[0]?.attributes['w:val']).toBe('1')
})

test('units are handed over whole, what is skipped or dropped is not built', async () => {
  const units: string[] = []
  const closed: string[] = []
  await readXml(
    pieces('<r><skip><u>no</u></skip><box><u>a<d>gone</d><e>b</e></u></box><u/></r>'),
    {
      drop: new Set(['d']),
      open: (name) => (name === 'u' ? 'unit' : name === 'skip' ? 'skip' : undefined),
      unit: (element) => units.push(textOf(element)),
      close: (name) => closed.push(name),
    },
    EXTRACT_LIMITS,
    'x',
  )
  expect(units).toEqual(['ab', ''])
  expect(closed).toEqual(['box', 'r'])
})

test('entities of the file are left out, those of a bomb too', async () => {
  const bomb = `<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;&x;"><!ENTITY z SYSTEM "file:///etc/passwd">]><a>${'&y;'.repeat(1_000)}&z;&unknown;!</a>`
  expect(textOf(await tree(bomb))).toBe('&unknown;!')
  expect(textOf(await tree('<a>&constructor;&amp;</a>'))).toBe('&constructor;&')
})

test.each([
  ['not closed', '<a><b></b>', 'document/corrupt'],
  ['closed wrongly', '<a><b></a></b>', 'document/corrupt'],
  ['empty', '', 'document/corrupt'],
  ['nested too deep', '<a>'.repeat(2_001), 'document/hostile'],
  ['control characters', '<a>\u0001&#x2;</a>', 'read'],
])('%s', async (_, text, code) => {
  expect(await codeOf(tree(text))).toBe(code)
})

test('descendants come in document order', async () => {
  const root = await tree('<r><a n="1"><a n="2"/></a><b><a n="3"/></b></r>')
  expect([...descendants(root, 'a')].map((element) => element.attributes.n)).toEqual(['1', '2', '3'])
})
