import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { cleanPath } from './archive.ts'
import { type Extracted, extractFile, sourceOf } from './extract.ts'
import { EXTRACT_LIMITS } from './reader.ts'

interface Part {
  readonly name: string
  readonly content: Uint8Array
  readonly flags?: number
  readonly method?: number
  readonly mode?: number
  readonly size?: number // as claimed
  readonly crc?: number
}

/** A zip with whatever lies it is told to tell. */
function zip(parts: readonly Part[]): Uint8Array {
  const pieces: Buffer[] = []
  const rows: Buffer[] = []
  let at = 0
  for (const { name, content, flags = 0x800, method = 8, mode = 0o100644, size = content.length, crc = crc32(content) } of parts) {
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content)
    const label = Buffer.from(name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(method, 8)
    local.writeUInt16LE(label.length, 26)
    const row = Buffer.alloc(46)
    row.writeUInt32LE(0x02014b50, 0)
    row.writeUInt16LE(3 << 8, 4)
    row.writeUInt16LE(flags, 8)
    row.writeUInt16LE(method, 10)
    row.writeUInt32LE(crc, 16)
    row.writeUInt32LE(packed.length, 20)
    row.writeUInt32LE(size, 24)
    row.writeUInt16LE(label.length, 28)
    row.writeUInt32LE((mode << 16) >>> 0, 38)
    row.writeUInt32LE(at, 42)
    pieces.push(local, label, packed)
    rows.push(row, label)
    at += 30 + label.length + packed.length
  }
  return Buffer.concat([...pieces, ...rows, end(parts.length, Buffer.concat(rows).length, at)])
}

function end(count: number, length: number, start: number): Buffer {
  const bytes = Buffer.alloc(22)
  bytes.writeUInt32LE(0x06054b50, 0)
  bytes.writeUInt16LE(count, 8)
  bytes.writeUInt16LE(count, 10)
  bytes.writeUInt32LE(length, 12)
  bytes.writeUInt32LE(start, 16)
  return bytes
}

async function unzip(bytes: Uint8Array): Promise<{ entries: Record<string, string>; result: Extracted }> {
  const entries: Record<string, string> = {}
  let open = { path: '', text: '' }
  const result = await extractFile(sourceOf('a.zip', bytes), '', EXTRACT_LIMITS, {
    progress: () => undefined,
    entryStart: (path) => {
      open = { path, text: '' }
    },
    entryData: (piece) => {
      open.text += Buffer.from(piece).toString('latin1')
    },
    entryEnd: () => {
      entries[open.path] = open.text
    },
    entryBroken: () => undefined,
  })
  return { entries, result }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const warningsOf = (result: Extracted): readonly string[] => (result.kind === 'archive' ? result.warnings : [])

describe('archives', () => {
  test('any files come out as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}$/), fc.uint8Array({ maxLength: 2000 }), { minKeys: 1, maxKeys: 8 }),
        async (files) => {
          const { entries } = await unzip(zipSync(files))
          expect(entries).toEqual(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, Buffer.from(content).toString('latin1')])))
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each([
    ['a link', { name: 'x', content: bytes('/etc/passwd'), mode: 0o120777 }, /"x" is a link/],
    ['a device', { name: 'x', content: bytes('1'), mode: 0o020666 }, /"x" is a link or a device/],
    ['an encrypted entry', { name: 'x', content: bytes('secret'), flags: 0x801 }, /"x" is protected/],
    ['an unknown packing', { name: 'x', content: bytes('x'), method: 99 }, /"x" is packed in a way/],
    ['a repeated name', { name: 'GOOD.txt', content: bytes('other') }, /"GOOD.txt" is there twice/],
    ['a wrong check sum', { name: 'x', content: bytes('x'), crc: 1 }, /"x" is damaged/],
    ['an entry longer than it says', { name: 'x', content: bytes('long'.repeat(100)), size: 10 }, /"x" is damaged/],
  ] as const)('%s is left out with a warning, the rest is read', async (_name, part, warning) => {
    const { entries, result } = await unzip(zip([{ name: 'good.txt', content: bytes('good') }, part]))
    expect(entries).toEqual({ 'good.txt': 'good' })
    expect(warningsOf(result).join()).toMatch(warning)
  })

  test('names are labels: however they are written, they stay inside', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom('..', '.', '/', '\\', 'C:', 'a', '\0', '%2e', ' ', 'CON')).map((parts) => parts.join('')),
        ),
        (raw) => {
          const path = cleanPath(raw)
          expect(path).not.toMatch(/^\/|\\|^[A-Za-z]:|\p{Cc}/u)
          expect(path.split('/')).not.toContain('..')
          expect(path).not.toBe('')
        },
      ),
      { numRuns: 20_000 },
    )
  })

  test.each([
    ['entries that share their bytes', sharedBytes(), 'document/hostile'],
    ['more entries than the limit', endOnly(60_000), 'document/hostile'],
    ['a table of contents outside the file', endOnly(3), 'document/corrupt'],
    ['a gigabyte of zeros', zip([{ name: 'zeros', content: new Uint8Array(200 << 20) }]), 'document/hostile'],
    ['no end', zip([{ name: 'a', content: bytes('a') }]).subarray(0, 40), 'document/truncated'],
    ['only protected entries', zip([{ name: 'a', content: bytes('a'), flags: 1 }]), 'document/encrypted'],
    ['nothing', end(0, 0, 0), 'document/empty'],
  ])('%s is refused', async (_name, content, code) => {
    await expect(unzip(content)).rejects.toMatchObject({ code })
  })

  test('however it is damaged, it ends with entries or with a fault of its own', async () => {
    const whole = zip([
      { name: 'a.txt', content: bytes('alpha '.repeat(50)) },
      { name: 'b/c.txt', content: bytes('beta'), method: 0 },
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        async (changes, cut) => {
          const damaged = Uint8Array.from(whole)
          for (const [at, value] of changes) damaged[at] = value
          const outcome = await unzip(damaged.subarray(0, cut < 20 ? cut : damaged.length)).catch((error: unknown) => error)
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('an archive in a message is read as sections, two levels deep at most', async () => {
    const inner = zipSync({ 'deep.zip': zipSync({ 'deeper.txt': strToU8('too deep') }), 'note.txt': strToU8('the note') })
    const mail = `From: a@b.c\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n--x\r\nContent-Type: application/zip; name=all.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(inner).toString('base64')}\r\n--x--\r\n`
    const result = await extractFile(sourceOf('a.eml', bytes(mail)), '', EXTRACT_LIMITS, {
      progress: () => undefined,
      entryStart: () => undefined,
      entryData: () => undefined,
      entryEnd: () => undefined,
      entryBroken: () => undefined,
    })
    if (result.kind !== 'text') throw new Error('A text was expected.')
    const note = result.extracted.blocks.find((block) => result.extracted.text.slice(block.start, block.end) === 'the note')
    expect(note?.headingPath).toEqual(['s', 'all.zip', 'note.txt'])
    expect(result.extracted.text).not.toContain('too deep')
    expect(result.extracted.warnings.join()).toMatch(/"deeper.txt" was not read/)
  })
})

function sharedBytes(): Uint8Array {
  const one = Buffer.from(zip([{ name: 'a', content: bytes('a'.repeat(1000)) }]))
  const table = one.readUInt32LE(one.length - 6)
  const row = one.subarray(table, one.length - 22)
  return Buffer.concat([one.subarray(0, table), row, row, end(2, row.length * 2, table)])
}

function endOnly(count: number): Uint8Array {
  return Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(100), end(count, 46 * count, 0)])
}
