import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { strToU8, zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { extractorContract } from '../../ports/extractor.contract.ts'
import type { Extraction, Extractor } from '../../ports/extractor.ts'
import { type ProcessExtractorOptions, processExtractor } from './extractor.ts'
import { hasOwnNetwork, launch } from './launch.ts'

const ENTRY = resolve(import.meta.dirname, '../../steps/extract/process.ts')
const folder = mkdtempSync(join(tmpdir(), 'quarry-process-'))
const opened: Extractor[] = []

const open = (options: Partial<ProcessExtractorOptions> = {}): Extractor => {
  const extractor = processExtractor({
    nodePath: process.execPath,
    entry: ENTRY,
    timeoutMs: 30_000,
    memoryMiB: 700,
    concurrency: 2,
    maxBytes: 64 << 20,
    allowOcr: false,
    ...options,
  })
  opened.push(extractor)
  return extractor
}

afterAll(async () => {
  for (const extractor of opened) await extractor.close()
  rmSync(folder, { recursive: true })
})

extractorContract('the extractor in processes', open)

const extract = (extractor: Extractor, content: string | Uint8Array, name = 'a.txt'): Promise<Extraction> => {
  const path = join(folder, `file-${Math.random().toString(36).slice(2)}`)
  writeFileSync(path, content)
  const store = async (entry: AsyncIterable<Uint8Array>) => ({ sha256: '0', size: (await buffer(entry)).length })
  return extractor.extract({ path, size: Buffer.byteLength(content), name, mediaType: '' }, { signal: AbortSignal.timeout(25_000), store })
}

/** An extraction process that a file took over: `body` runs once it has a request; `send(kind, json)` and `raw(kind, length, bytes)` speak to the parent. */
const takenOver = (body: string): string => {
  const path = join(folder, `taken-over-${Math.random().toString(36).slice(2)}.mjs`)
  writeFileSync(
    path,
    `import fs from 'node:fs'
     const raw = (kind, length, bytes) => { const head = Buffer.alloc(5); head[0] = kind; head.writeUInt32BE(length, 1); fs.writeSync(3, head); if (bytes.length > 0) fs.writeSync(3, bytes) }
     const send = (kind, value) => { const bytes = Buffer.from(JSON.stringify(value)); raw(kind, bytes.length, bytes) }
     const idle = () => fs.readSync(3, Buffer.alloc(1 << 16))
     send(3, {})
     idle()
     ${body}
     for (;;) if (idle() === 0) process.exit()`,
  )
  return path
}

describe('whatever the process does, the parent gets one answer', () => {
  const text = (change: object): string =>
    JSON.stringify({
      text: 'abc',
      blocks: [{ kind: 'paragraph', start: 0, end: 3, headingPath: [] }],
      pages: [],
      mediaType: 'text/plain',
      properties: {},
      warnings: [],
      ...change,
    })
  test.each([
    ['an honest answer', `send(10, ${text({})})`, undefined],
    ['an exit', 'process.exit(7)', 'extract/crashed'],
    ['a signal', "process.kill(process.pid, 'SIGSEGV')", 'extract/crashed'],
    ['a loop without end', 'for (;;);', 'document/timeout'],
    [
      'memory in buffers',
      'const kept = []; for (;;) { kept.push(Buffer.alloc(8 << 20, 1)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2) }',
      'document/out-of-memory',
    ],
    ['memory on the heap', 'const kept = []; for (;;) kept.push([Math.random(), {}])', 'document/out-of-memory'],
    ['a block beyond the text', `send(10, ${text({ blocks: [{ kind: 'paragraph', start: 0, end: 4, headingPath: [] }] })})`, 'extract/crashed'],
    [
      'blocks that overlap',
      `send(10, ${text({
        blocks: [
          { kind: 'paragraph', start: 0, end: 2, headingPath: [] },
          { kind: 'paragraph', start: 1, end: 3, headingPath: [] },
        ],
      })})`,
      'extract/crashed',
    ],
    ['text that is a number', `send(10, ${text({ text: 5 })})`, 'extract/crashed'],
    ['rubbish', "raw(10, 4, Buffer.from('{{{{'))", 'extract/crashed'],
    ['a frame without end', 'raw(10, 0xffffffff, Buffer.alloc(1000))', 'extract/crashed'],
    ['an unknown frame', 'raw(99, 0, Buffer.alloc(0))', 'extract/crashed'],
    ['a read outside the file', 'send(4, { offset: 0, length: 1000 })', 'extract/crashed'],
    ['a read of half a byte', 'send(4, { offset: 0.5, length: 1 })', 'extract/crashed'],
    ['an error that is not about the document', "send(12, { code: 'auth/required', facts: {} })", 'extract/crashed'],
    ['an entry without a name', "send(6, { path: '' })", 'extract/crashed'],
    ['an answer within an entry', "send(6, { path: 'a' }); send(11, { warnings: [] })", 'extract/crashed'],
  ])('%s', async (_name, body, code) => {
    const extractor = open({ entry: takenOver(body), timeoutMs: 1500, memoryMiB: 180 })
    const answer = extract(extractor, 'abc')
    if (code === undefined) await expect(answer).resolves.toMatchObject({ kind: 'text', extracted: { text: 'abc' } })
    else await expect(answer).rejects.toMatchObject({ code })
  })

  test('facts of an error are cut to short plain values', async () => {
    const extractor = open({
      entry: takenOver(`send(12, JSON.parse('{"code":"document/corrupt","facts":{"__proto__":{"a":1},"deep":{"b":2},"long":"${'x'.repeat(5000)}"}}'))`),
    })
    await expect(extract(extractor, 'abc')).rejects.toSatisfy(
      (error: { facts: Record<string, unknown> }) => JSON.stringify(error.facts) === JSON.stringify({ long: 'x'.repeat(500) }),
    )
  })

  describe('a process is used again, but not for ever', () => {
    /** Answers each request with its process id. */
    const HONEST = `for (;;) {
        send(10, { text: String(process.pid), blocks: [], pages: [], mediaType: 'text/plain', properties: {}, warnings: [] })
        if (idle() === 0) process.exit()
      }`
    const FAULTY = "send(12, { code: 'document/corrupt', facts: {} })"
    const pidOf = async (extractor: Extractor): Promise<string> => {
      const extraction = await extract(extractor, 'abc')
      return extraction.kind === 'text' ? extraction.extracted.text : ''
    }

    test('one after another', async () => {
      const extractor = open({ entry: takenOver(HONEST), concurrency: 1 })
      const pids: string[] = []
      for (let index = 0; index < 600; index += 1) pids.push(await pidOf(extractor))
      expect(new Set(pids.slice(0, 500)).size).toBe(1)
      expect(new Set(pids).size).toBe(2)
    })

    test('no more at once than allowed', async () => {
      const extractor = open({ entry: takenOver(HONEST), concurrency: 3 })
      const pids = await Promise.all(Array.from({ length: 60 }, () => pidOf(extractor)))
      expect(new Set(pids).size).toBeLessThanOrEqual(3)
    })

    test('gone when idle, and replaced when needed', async () => {
      const extractor = open({ entry: takenOver(HONEST), concurrency: 1, idleMs: 20 })
      const first = await pidOf(extractor)
      await expect.poll(() => existsSync(`/proc/${first}`) && process.platform === 'linux', { timeout: 5000 }).toBe(false)
      expect(await pidOf(extractor)).not.toBe(first)
    })

    test('never after a damaged file', async () => {
      const extractor = open({ entry: takenOver(FAULTY), concurrency: 1 })
      // A second request to the same process would never be answered: it only reads on.
      for (let index = 0; index < 3; index += 1) await expect(extract(extractor, 'abc')).rejects.toMatchObject({ code: 'document/corrupt' })
    })

    test('closing ends what is running', async () => {
      const extractor = open({ entry: takenOver('for (;;);'), concurrency: 1 })
      const running = extract(extractor, 'abc')
      setTimeout(() => void extractor.close(), 300)
      await expect(running).rejects.toMatchObject({ code: 'server/closing' })
    })
  })

  test('the next file is read by a fresh process', async () => {
    const extractor = open({ concurrency: 1 })
    await expect(extract(extractor, '%PDF-1.4\nrubbish', 'a.pdf')).rejects.toMatchObject({ code: expect.stringMatching(/^document\//) })
    await expect(extract(extractor, 'good')).resolves.toMatchObject({ extracted: { text: 'good' } })
  })
})

test('the process has no environment, no other files, no programs, no threads, no eval and no network of its own', async () => {
  const canary = join(folder, 'canary-outside')
  const probe = join(mkdtempSync(join(folder, 'probe-')), 'probe.mjs')
  writeFileSync(canary, 'secret')
  writeFileSync(
    probe,
    `import fs from 'node:fs'; import os from 'node:os'; import child from 'node:child_process'; import { Worker } from 'node:worker_threads'
     const can = (act) => { try { act(); return true } catch { return false } }
     const result = {
       environment: Object.keys(process.env),
       reads: ['/etc/passwd', '/proc/self/environ', ${JSON.stringify(canary)}].filter((path) => can(() => fs.readFileSync(path))),
       writes: can(() => fs.writeFileSync(${JSON.stringify(join(folder, 'written'))}, 'x')),
       programs: can(() => child.spawnSync('/bin/true')),
       threads: can(() => new Worker('1', { eval: true })),
       evaluates: can(() => new Function('return 1')()),
       proto: can(() => ({}).__proto__),
       binding: can(() => process.binding('tcp_wrap')),
       interfaces: Object.values(os.networkInterfaces()).flat().map((one) => one.address),
     }
     fs.writeSync(3, JSON.stringify(result))`,
  )
  const child = launch({ nodePath: process.execPath, entry: probe, memoryMiB: 100 })
  const said = (await buffer(child.stdio[3] as unknown as AsyncIterable<Buffer>)).toString()
  expect(JSON.parse(said)).toEqual({
    environment: [],
    reads: [],
    writes: false,
    programs: false,
    threads: false,
    evaluates: false,
    proto: false,
    binding: false,
    interfaces: hasOwnNetwork() ? [] : Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address)),
  })
})

describe('documents that reach outside', async () => {
  let connections = 0
  const listener = createServer((socket) => {
    connections += 1
    socket.end('HTTP/1.1 200 OK\r\n\r\ncanary-from-the-network')
  })
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready))
  const address = listener.address()
  const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/canary` : ''
  const canary = join(folder, 'canary-file')
  writeFileSync(canary, 'canary-from-the-disk')
  const prose = 'These are the words of the document itself. '.repeat(20)
  const extractor = open()
  afterAll(() => void listener.close())

  const documents: readonly (readonly [string, string | Uint8Array])[] = [
    ['entity.xml', `<!DOCTYPE a [<!ENTITY x SYSTEM "file://${canary}">]><a>${prose}&x;</a>`],
    ['dtd.xml', `<!DOCTYPE a SYSTEM "${url}"><a>${prose}</a>`],
    ['parameter.xml', `<!DOCTYPE a [<!ENTITY % x SYSTEM "${url}"> %x;]><a>${prose}</a>`],
    ['picture.svg', `<svg xmlns="http://www.w3.org/2000/svg"><image href="${url}"/><use href="file://${canary}"/><text>${prose}</text></svg>`],
    [
      'page.html',
      `<html><head><link rel="stylesheet" href="${url}"><script src="${url}"></script><base href="${url}"></head><body><p>${prose}</p><img src="${url}"><iframe src="file://${canary}"></iframe><object data="${url}"></object><script>fetch('${url}')</script></body></html>`,
    ],
    ['letter.eml', `From: a@b.c\r\nSubject: s\r\nContent-Type: text/html\r\n\r\n<p>${prose}</p><img src="${url}"><iframe src="${url}"></iframe>`],
    [
      'body.eml',
      `From: a@b.c\r\nSubject: s\r\nContent-Type: message/external-body; access-type=URL; URL="${url}"\r\n\r\nContent-Type: text/plain\r\n\r\n${prose}`,
    ],
    ['notes.md', `![x](${url}) ${prose}\n\n<img src="${url}">`],
    [
      'linked.docx',
      zipSync({
        '[Content_Types].xml': strToU8(
          '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        ),
        '_rels/.rels': strToU8(
          '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        ),
        'word/_rels/document.xml.rels': strToU8(
          `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="${url}" TargetMode="External"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="file://${canary}" TargetMode="External"/></Relationships>`,
        ),
        'word/document.xml': strToU8(
          `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${prose}</w:t></w:r></w:p></w:body></w:document>`,
        ),
      }),
    ],
  ]
  test.each(documents)('%s reads and asks for nothing', async (name, content) => {
    const said = await extract(extractor, content, name).then(
      (extraction) => JSON.stringify(extraction),
      (error: { code: string }) => error.code,
    )
    expect(said).toMatch(/These are the words|^document\/hostile$/)
    expect(said).not.toContain('canary-from')
    expect(connections).toBe(0)
  })
})
