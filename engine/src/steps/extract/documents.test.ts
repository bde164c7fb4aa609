import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ExtractedText } from '../../domain/block.ts'
import { AppError } from '../../domain/errors.ts'
import { detect } from './detect.ts'
import { extractFile, sourceOf } from './extract.ts'
import { EXTRACT_LIMITS } from './reader.ts'

const FOLDER = resolve(import.meta.dirname, '../../../../fixtures/documents')
const EVENTS = { progress: () => undefined, entryStart: () => undefined, entryData: () => undefined, entryEnd: () => undefined, entryBroken: () => undefined }

async function read(content: string | Uint8Array, name: string, claimed = ''): Promise<ExtractedText> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const result = await extractFile(sourceOf(name, bytes), claimed, EXTRACT_LIMITS, EVENTS)
  if (result.kind !== 'text') throw new Error('A text was expected.')
  return result.extracted
}

const fixture = (name: string): Uint8Array => readFileSync(join(FOLDER, name))
const outline = ({ text, blocks }: ExtractedText): string[] =>
  blocks.map(
    (block) =>
      `${block.kind}${block.level ?? ''}${block.language === undefined ? '' : ` ${block.language}`}${block.hasHeader === true ? ' with header' : ''} (${block.headingPath.join(' > ')}) ${text.slice(block.start, block.end)}`,
  )

describe('documents of our own', () => {
  test('HTML gives the article without menus, tables with spans, lists, code', async () => {
    const extracted = await read(fixture('article.html'), 'article.html')
    expect(extracted).toMatchObject({
      mediaType: 'text/html',
      title: 'Watering a fig tree',
      properties: { author: 'Ada Gardener', language: 'en' },
      warnings: [],
    })
    expect(extracted.text).not.toMatch(/Home|spades|never shown|imprint/)
    const lines = outline(extracted)
    expect(lines).toContainEqual(expect.stringMatching(/^paragraph \(.*How much\) Give it twenty litres/))
    expect(lines).toContainEqual(expect.stringContaining('Age | Litres | Every\nyoung | 20 | week\nyoung | 5 | day in a pot\nold | none | '.trimEnd()))
    expect(lines).toContainEqual(expect.stringMatching(/^table with header/))
    expect(lines).toContainEqual(expect.stringContaining('- Water in the morning.\n  - Or in the evening.\n- Never on the leaves.'))
    expect(lines).toContainEqual(expect.stringContaining('for tree in garden:\n    water(tree, litres=20)'))
    expect(lines).toContainEqual(expect.stringMatching(/^quote .*Who plants/))
  })

  test('HTML formulas are their TeX, and links of a heading to itself are left out', async () => {
    const page = `<!doctype html><h2>Rule<span class="mw-editsection">[edit]</span> <a class="headerlink" href="#r">¶</a></h2><p>Then <span style="display:none"><math alttext="x"></math></span><img alt="{\\displaystyle A=A^{T}}"> holds.</p><p><img alt="a photo">${'More words. '.repeat(5)}</p>`
    expect(outline(await read(page, 'a.html')).slice(0, 2)).toEqual(['heading2 () Rule', 'paragraph (Rule) Then A=A^{T} holds.'])
  })

  test('Markdown gives headings, lists with their numbers, tables, code, links and front matter', async () => {
    const extracted = await read(fixture('handbook.md'), 'handbook.md')
    expect(extracted).toMatchObject({ title: 'Leave handbook', properties: { author: 'Ada Clerk' } })
    expect(outline(extracted)).toEqual([
      'heading1 () Leave',
      'paragraph (Leave) Everyone has 30 days of leave a year.[1] Ask in the portal (https://portal.example/leave).',
      'list (Leave) 1. Fill in the form.\n  - It takes 5 minutes.\n2. Wait for an answer.',
      'quote (Leave) Leave that is not taken by March is lost.',
      'heading2 (Leave) Special leave',
      'table with header (Leave > Special leave) Reason | Days\nWedding | 2\nMove | 1',
      'code python (Leave > Special leave) days = 30',
      'paragraph (Leave > Special leave) [1] Part-time staff have fewer.',
    ])
  })

  test('a message gives its head, its text and its attachments, each below its name', async () => {
    const extracted = await read(fixture('letter.eml'), 'letter.eml')
    expect(extracted).toMatchObject({ mediaType: 'message/rfc822', title: 'Café at noon' })
    expect(outline(extracted)).toEqual([
      'heading1 () Café at noon',
      'paragraph (Café at noon) From: Ada Clerk <ada@example.org>\nTo: Bob <bob@example.org>, Team, all <team@example.org>\nDate: 2026-11-13T08:30:00.000Z',
      'paragraph (Café at noon) Dear Bob,',
      'paragraph (Café at noon) the café opens at noon.',
      'heading2 (Café at noon) prices.csv',
      'table with header (Café at noon > prices.csv) drink | price\ntea | 2\ncoffee | 3',
      'heading2 (Café at noon) message.eml',
      'heading3 (Café at noon > message.eml) Earlier',
      'paragraph (Café at noon > message.eml > Earlier) From: Carl <carl@example.org>',
      'paragraph (Café at noon > message.eml > Earlier) I shall come, too.',
    ])
  })

  test('a mailbox gives each message below its subject', async () => {
    expect(outline(await read(fixture('letters.mbox'), 'letters.mbox'))).toEqual([
      'heading1 () First',
      'paragraph (First) From: Ada <ada@example.org>',
      'paragraph (First) The first message.\nFrom here on it goes downhill.',
      'heading1 () Second',
      'paragraph (Second) From: Bob <bob@example.org>',
      'paragraph (Second) The second message.',
    ])
  })

  test.each([
    ['plants.csv', ['table with header () name | height | note\nfig | 3,5 m | likes water; and sun\nolive | 4 m | two lines'], []],
    [
      'plants.xml',
      [
        'heading1 () Plants',
        'heading2 (Plants) Fig',
        'paragraph (Plants > Fig) The fig likes water and sun.',
        'paragraph (Plants > Fig) id: 7\nname: Olive\nheight: 4 m',
      ],
      [],
    ],
    [
      'plants.json',
      [
        'paragraph () title: Plants\ncount: 2',
        'heading1 () plants',
        'paragraph (plants) name: fig\nsize.height: 3.5\nsize.unit: m\nlikes: water, sun',
        'paragraph (plants) name: olive',
      ],
      [],
    ],
    ['plants.jsonl', ['paragraph () name: fig\nheight: 3.5', 'paragraph () name: palm\nheight: 9'], ['1 line is not valid JSON and was left out.']],
    [
      'water.py',
      [
        'code python () """Waters trees."""',
        'code python () def water(tree, litres):\n    tree.wet += litres',
        'code python () def stop(tree):\n    tree.wet = 0',
      ],
      [],
    ],
  ])('%s', async (name, lines, warnings) => {
    const extracted = await read(fixture(name), name)
    expect(outline(extracted)).toEqual(lines)
    expect(extracted.warnings).toEqual(warnings)
  })

  test('a long Markdown file comes whole, in order, with its headings', async () => {
    const sections = Array.from(
      { length: 3000 },
      (_, index) => `## Part ${index}\n\n\`\`\`\n# not a heading ${index}\n\`\`\`\n\n${`words of part ${index} `.repeat(15)}\n`,
    )
    const extracted = await read(`# Long\n\n${sections.join('\n')}`, 'long.md')
    const headings = extracted.blocks.filter((block) => block.kind === 'heading').map((block) => extracted.text.slice(block.start, block.end))
    expect(headings).toEqual(['Long', ...sections.map((_, index) => `Part ${index}`)])
    expect(extracted.blocks.filter((block) => block.kind === 'code')).toHaveLength(3000)
    expect(extracted.blocks.filter((block) => block.kind === 'paragraph').every((block) => block.headingPath.length === 2)).toBe(true)
  })

  test('a gzip is read as what is in it', async () => {
    const extracted = await read(gzipSync(fixture('handbook.md')), 'handbook.md.gz')
    expect(extracted).toMatchObject({ mediaType: 'text/markdown', title: 'Leave handbook' })
  })

  test('subtitles lose their numbers and times', async () => {
    expect((await read('1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i> there.\n\n2\n00:00:03,000 --> 00:00:04,000\nGoodbye.\n', 'a.srt')).text).toBe(
      'Hello there.\nGoodbye.',
    )
  })
})

describe('the type is told by content', () => {
  const MAIL = 'Received: by x\r\nFrom: a@b.c\r\nSubject: s\r\n\r\ntext'
  test.each([
    ['%PDF-1.7\n', 'x', 'application/pdf'],
    ['{\\rtf1 x}', 'x.doc', 'application/rtf'],
    ['<!DOCTYPE html><p>x', 'x.pdf', 'text/html'],
    ['<div>x</div>', 'x', 'text/html'],
    ['<?xml version="1.0"?><!DOCTYPE html><html></html>', 'x.xml', 'text/html'],
    ['<?xml version="1.0"?><a/>', 'x', 'application/xml'],
    ['<svg xmlns="x"/>', 'x', 'image/svg+xml'],
    [MAIL, 'x', 'message/rfc822'],
    [MAIL, 'x.txt', 'message/rfc822'],
    [`From a@b.c Fri Nov 13 09:30:00 2026\n${MAIL}`, 'x', 'application/mbox'],
    ['{"a": 1}', 'x', 'application/json'],
    ['{"a": 1}\n{"a": 2}\n{"a": 3}\n', 'x', 'application/x-ndjson'],
    ['{not json}', 'x.txt', 'text/plain'],
    ['a\tb\tc\n1\t2\t3\n1\t2\t3\n1\t2\t3\n1\t2\t3\n', 'x', 'text/tab-separated-values'],
    ['a,b\n1,2\n', 'x.csv', 'text/csv'],
    ['# T\n\n- a\n- b\n', 'x', 'text/markdown'],
    ['# T\n\n- a\n- b\n', 'x.txt', 'text/plain'],
    ['#!/usr/bin/env python3\nprint(1)\n', 'x', 'text/x-python'],
    ['<?php echo 1;', 'x.php', 'text/x-php'],
    ['MZ is how this sentence starts, and it goes on.', 'x.txt', 'text/plain'],
    ['A text that speaks of %PDF-1.4 in its midst.', 'x.txt', 'application/pdf'],
    ['just words', 'x', 'text/plain'],
  ])('%j named %s is %s', (content, name, mediaType) => {
    expect(detect(sourceOf(name, new TextEncoder().encode(content)), '')).toBe(mediaType)
  })

  test.each([
    ['504b03040a000000', 'x.docx', 'document/truncated'],
    ['d0cf11e0a1b11ae1', 'x.doc', 'document/corrupt'],
    ['7f454c4602010100', 'x', 'document/unsupported'],
    ['00ff00fe01020304', 'x.bin', 'document/unsupported'],
    ['6a757374', 'x.docx', 'document/corrupt'],
    ['', 'x.txt', 'document/empty'],
  ])('%s named %s ends as %s', async (hex, name, code) => {
    await expect(read(Buffer.from(hex, 'hex'), name)).rejects.toMatchObject({ code })
  })
})

describe('hostile documents end soon', () => {
  const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join('')
  test.each([
    ['entities built from each other', `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]><a>&l9;</a>`, 'a.xml'],
    ['an entity from a file', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'a.xml'],
    ['deep XML', `<?xml version="1.0"?>${'<a>'.repeat(100_000)}x`, 'a.xml'],
    ['deep HTML', `<!doctype html>${'<div>'.repeat(60_000)}x`, 'a.html'],
    ['deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'a.json'],
    ['deep quotes', `${'>'.repeat(100_000)} x`, 'a.md'],
    ['a gzip of zeros', gzipSync(new Uint8Array(300 << 20)), 'a.gz'],
    ['gzips in gzips', gzipSync(gzipSync(gzipSync(gzipSync('x')))), 'a.gz'],
  ])('%s', async (_name, content, name) => {
    await expect(read(content, name)).rejects.toMatchObject({ code: 'document/hostile' })
  })

  test('the names of objects cannot be changed from a file', async () => {
    await read('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "a": [{"__proto__": {"polluted": 2}}]}', 'a.json')
    await read('__proto__,constructor\npolluted,1\n', 'a.csv')
    await read('<a __proto__="polluted"><__proto__>polluted</__proto__></a>', 'a.xml')
    await read('---\n__proto__: polluted\n---\n# x', 'a.md')
    expect('polluted' in {}).toBe(false)
  })

  const SEEDS = ['article.html', 'handbook.md', 'letter.eml', 'letters.mbox', 'plants.csv', 'plants.xml', 'plants.json', 'plants.jsonl', 'water.py'].filter(
    (name) => existsSync(join(FOLDER, name)),
  )
  test.each(SEEDS)('%s, however it is damaged, ends with text or with a fault of its own', { timeout: 60_000 }, async (name) => {
    const whole = fixture(name)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 }), fc.nat(whole.length), async (changes, cut) => {
        const damaged = Uint8Array.from(whole)
        for (const [at, value] of changes) damaged[at] = value
        const outcome = await read(damaged.subarray(0, cut), name).catch((error: unknown) => error)
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError)
        else for (const block of (outcome as ExtractedText).blocks) expect((outcome as ExtractedText).text.slice(block.start, block.end).trim()).not.toBe('')
      }),
      { numRuns: 40 },
    )
  })
})
