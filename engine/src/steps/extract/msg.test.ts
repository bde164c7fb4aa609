import CFB from 'cfb'
import { expect, test } from 'vitest'
import { extractFile, sourceOf } from './extract.ts'
import { EXTRACT_LIMITS } from './reader.ts'

const EVENTS = { progress: () => undefined, entryStart: () => undefined, entryData: () => undefined, entryEnd: () => undefined, entryBroken: () => undefined }
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

/** The table of properties of a storage ([MS-OXMSG] 2.4): its header, then 16 bytes for each variable-length property. */
function properties(headerBytes: number, streams: Readonly<Record<string, Buffer>>): Buffer {
  const rows = Object.entries(streams).map(([tag, content]) => {
    const row = Buffer.alloc(16)
    row.writeUInt32LE(Number.parseInt(tag, 16), 0)
    row.writeUInt32LE(6, 4)
    row.writeUInt32LE(content.length, 8)
    return row
  })
  return Buffer.concat([Buffer.alloc(headerBytes), ...rows])
}

function message(): Uint8Array {
  const file = CFB.utils.cfb_new()
  const add = (folder: string, headerBytes: number, streams: Readonly<Record<string, Buffer>>): void => {
    for (const [tag, content] of Object.entries(streams)) CFB.utils.cfb_add(file, `${folder}/__substg1.0_${tag}`, content)
    CFB.utils.cfb_add(file, `${folder}/__properties_version1.0`, properties(headerBytes, streams))
  }
  add('', 32, {
    '0037001F': utf16('Café at noon'),
    '1000001F': utf16('Dear Bob,\r\n\r\nthe café opens at noon.'),
    '0C1A001F': utf16('Ada Clerk'),
    '5D01001F': utf16('ada@example.org'),
  })
  add('/__attach_version1.0_#00000000', 8, {
    '3707001F': utf16('prices.csv'),
    '37010102': Buffer.from('drink,price\ntea,2\ncoffee,3\n'),
    '370E001F': utf16('text/csv'),
  })
  return new Uint8Array(CFB.write(file, { type: 'buffer' }) as Buffer)
}

test('an Outlook message gives its head, its text and its attachments', async () => {
  const result = await extractFile(sourceOf('letter.msg', message()), '', EXTRACT_LIMITS, EVENTS)
  if (result.kind !== 'text') throw new Error('A text was expected.')
  const { text, blocks, mediaType, title } = result.extracted
  expect({ mediaType, title }).toEqual({ mediaType: 'application/vnd.ms-outlook', title: 'Café at noon' })
  expect(blocks.map((block) => `${block.kind} (${block.headingPath.join(' > ')}) ${text.slice(block.start, block.end)}`)).toEqual([
    'heading () Café at noon',
    'paragraph (Café at noon) From: Ada Clerk ada@example.org',
    'paragraph (Café at noon) Dear Bob,',
    'paragraph (Café at noon) the café opens at noon.',
    'heading (Café at noon) prices.csv',
    'table (Café at noon > prices.csv) drink | price\ntea | 2\ncoffee | 3',
  ])
})
