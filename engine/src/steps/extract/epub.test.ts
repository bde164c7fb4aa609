import { expect, test } from 'vitest'
import { readEpub } from './epub.ts'
import { codeOf, outline, readsTheManifest, readWith, survivesDamage, survivesDamagedParts, zipped } from './ooxml.contract.ts'

const page = (body: string) =>
  `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>${body}</body></html>`
const item = (id: string, href: string, more = '') => `<item id="${id}" href="${href}" media-type="application/xhtml+xml" ${more}/>`
const parts: Record<string, string> = {
  mimetype: 'application/epub+zip',
  'META-INF/container.xml':
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
  'OPS/book.opf': `<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book</dc:title><dc:creator>Ada</dc:creator></metadata><manifest>${item('n', 'nav.xhtml', 'properties="nav"')}${item('one', 'one.xhtml')}${item('two', 'text/two%20b.xhtml')}${item('out', 'https://example.org/three.xhtml')}</manifest><spine><itemref idref="n"/><itemref idref="two"/><itemref idref="one"/><itemref idref="out"/></spine></package>`,
  'OPS/nav.xhtml': page('<nav><ol><li><a href="text/two%20b.xhtml#start">Prologue</a></li><li><a href="one.xhtml">Not this</a></li></ol></nav>'),
  'OPS/text/two b.xhtml': page('<p>Before all,\n it&nbsp;was &ldquo;night&rdquo;.<br/>Really.</p><blockquote><p>Quoted</p></blockquote>'),
  'OPS/one.xhtml': page(
    '<section><h1>Chapter <em>One</em></h1><p>Text<script>bad()</script></p><ol><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ol><table><tr><th>Name</th><th>Days</th></tr><tr><td>Ada</td><td>30</td></tr></table><pre>x\n  y</pre><p><ruby>東<rt>とう</rt></ruby></p></section>',
  ),
}

test('chapters in reading order, named by their heading or by the contents', async () => {
  const extracted = await readWith(readEpub, zipped(parts))
  expect(outline(extracted)).toEqual([
    'h1: Prologue',
    'paragraph (Prologue): Before all, it\u00a0was “night”.\nReally.',
    'quote (Prologue): Quoted',
    'h1: Chapter One',
    'paragraph (Chapter One): Text',
    'list (Chapter One): 1. a\n  - b\n2. c',
    'table+ (Chapter One): Name | Days\nAda | 30',
    'code (Chapter One): x\n  y',
    'paragraph (Chapter One): 東',
  ])
  expect(extracted.title).toBe('A book')
})

test('a chapter that is not well-formed is read as HTML', async () => {
  const loose = { ...parts, 'OPS/one.xhtml': '<html><body><h2>Loose<p>open <b>tags<p>next' }
  expect(outline(await readWith(readEpub, zipped(loose))).slice(3)).toEqual(['h2: Loose', 'paragraph (Loose): open tags', 'paragraph (Loose): next'])
})

test.each([
  ['deeply nested', { ...parts, 'OPS/one.xhtml': '<div>'.repeat(5_000) }, 'document/hostile'],
  [
    'protected',
    {
      ...parts,
      'META-INF/encryption.xml':
        '<encryption xmlns:enc="e"><enc:EncryptedData><enc:EncryptionMethod Algorithm="aes"/><enc:CipherData><enc:CipherReference URI="OPS/one.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>',
    },
    'document/encrypted',
  ],
  ['without a package', { 'META-INF/container.xml': '<container/>' }, 'document/corrupt'],
])('%s', async (_, made, code) => {
  expect(await codeOf(readWith(readEpub, zipped(made as Record<string, string>)))).toBe(code)
})

survivesDamage(readEpub, () => zipped(parts))
survivesDamagedParts(readEpub, parts)
readsTheManifest(readEpub, ['epub'])
