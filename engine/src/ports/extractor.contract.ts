import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExtractedText } from '../domain/block.ts'
import type { Extraction, ExtractOptions, Extractor } from './extractor.ts'

/** Holds an adapter to the promises of `Extractor`. */
export function extractorContract(name: string, open: () => Extractor): void {
  describe(`${name} keeps the promises of an extractor`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'quarry-extractor-'))
    let extractor: Extractor
    beforeAll(() => {
      extractor = open()
    })
    afterAll(async () => {
      await extractor.close()
      rmSync(folder, { recursive: true })
    })

    let files = 0
    const extract = (content: string | Uint8Array, fileName: string, options: Partial<ExtractOptions> = {}, mediaType = ''): Promise<Extraction> => {
      files += 1
      const path = join(folder, `${files}.bin`)
      writeFileSync(path, content)
      const size = Buffer.byteLength(content)
      return extractor.extract({ path, size, name: fileName, mediaType }, { signal: AbortSignal.timeout(60_000), store: notExpected, ...options })
    }
    const extractText = async (content: string | Uint8Array, fileName: string, mediaType?: string): Promise<ExtractedText> => {
      const extraction = await extract(content, fileName, {}, mediaType)
      if (extraction.kind !== 'text') throw new Error('An archive was not expected.')
      return extraction.extracted
    }

    test('text comes with ascending blocks that are slices of it, under their headings', async () => {
      const extracted = await extractText('# Leave\n\nAsk **Ada**.\n\n## Form\n\n| a | b |\n|---|---|\n| 1 | 2 |\n', 'handbook.md')
      expect(extracted.mediaType).toBe('text/markdown')
      expect(extracted.title).toBe('Leave')
      expect(extracted.blocks.map((block) => [block.kind, extracted.text.slice(block.start, block.end), block.headingPath])).toEqual([
        ['heading', 'Leave', []],
        ['paragraph', 'Ask Ada.', ['Leave']],
        ['heading', 'Form', ['Leave']],
        ['table', 'a | b\n1 | 2', ['Leave', 'Form']],
      ])
      const ends = [0, ...extracted.blocks.map((block) => block.end)]
      for (const [index, block] of extracted.blocks.entries()) expect(block.start).toBeGreaterThanOrEqual(ends[index] ?? 0)
    })

    test('the type is decided by content, not by name or claim', async () => {
      const page = `<!doctype html><title>T</title><p>${'What the page says. '.repeat(30)}</p>`
      expect((await extractText(page, 'report.pdf', 'application/pdf')).mediaType).toBe('text/html')
    })

    test.each([
      ['', 'nothing.txt', 'document/empty'],
      [' \n\t ', 'blank.txt', 'document/empty'],
      [new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]), 'program', 'document/unsupported'],
      ['these are only words', 'sheet.xlsx', 'document/corrupt'],
    ])('%j named %s ends as its fault', async (content, fileName, code) => {
      await expect(extract(content, fileName)).rejects.toMatchObject({ code })
    })

    test('an archive gives its entries through the store, byte for byte, and only their labels', async () => {
      const stored: string[] = []
      const archive = zipSync({ 'a/one.txt': strToU8('one'), '../two.txt': strToU8('two '.repeat(100_000)) })
      const extraction = await extract(archive, 'all.zip', {
        async store(content) {
          const text = (await buffer(content)).toString()
          stored.push(text)
          return { sha256: String(stored.length), size: text.length }
        },
      })
      expect(stored).toEqual(['one', 'two '.repeat(100_000)])
      expect(extraction).toMatchObject({
        kind: 'archive',
        entries: [
          { path: 'a/one.txt', sha256: '1', size: 3 },
          { path: 'two.txt', sha256: '2', size: 400_000 },
        ],
      })
    })

    test('a store that fails ends the extraction with its error', async () => {
      const full = new Error('The disk is full.')
      const archive = zipSync({ 'one.txt': strToU8('one') })
      await expect(extract(archive, 'all.zip', { store: () => Promise.reject(full) })).rejects.toBe(full)
    })

    test('aborting ends it with the reason of the signal, before and during', async () => {
      const reason = new Error('The job was cancelled.')
      await expect(extract('text', 'a.txt', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const controller = new AbortController()
      const archive = zipSync({ 'one.txt': strToU8('one') })
      const running = extract(archive, 'all.zip', {
        signal: controller.signal,
        async store() {
          controller.abort(reason)
          return new Promise(() => undefined)
        },
      })
      await expect(running).rejects.toBe(reason)
      expect((await extractText('still alive', 'b.txt')).text).toBe('still alive')
    })

    test('many at once each get their own answer, good and bad alike', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? extract('%PDF-1.7 cut', `${index}.pdf`) : extractText(`text ${index}`, `${index}.txt`))),
      )
      for (const [index, result] of results.entries()) {
        if (index % 4 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: expect.stringMatching(/^document\//) } })
        else expect(result).toMatchObject({ status: 'fulfilled', value: { text: `text ${index}` } })
      }
    })

    test('after closing it takes nothing', async () => {
      const other = open()
      await other.close()
      const path = join(folder, 'late.txt')
      writeFileSync(path, 'late')
      await expect(
        other.extract({ path, size: 4, name: 'late.txt', mediaType: '' }, { signal: AbortSignal.timeout(5000), store: notExpected }),
      ).rejects.toMatchObject({ code: 'server/closing' })
    })
  })
}

function notExpected(): Promise<never> {
  throw new Error('Nothing was to be stored.')
}
