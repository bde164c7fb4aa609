import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { expectModelFault } from '../../ports/embedder.contract.ts'
import { fetchModel } from './fetch-model.ts'
import { readModel } from './models.ts'

const FILES: Readonly<Record<string, Buffer>> = {
  'config.json': Buffer.from('{"model_type":"bert"}'),
  'tokenizer.json': Buffer.from('{}'),
  'tokenizer_config.json': Buffer.from('{}'),
  'onnx/model_quantized.onnx': Buffer.alloc(300_000, 'weights'),
  'README.md': Buffer.from('not needed'),
  '../../evil': Buffer.from('never asked for'),
}
const sha = (content: Buffer) => createHash('sha256').update(content).digest('hex')
const REVISION = 'a'.repeat(40)
let asked: { path: string; range: string | undefined }[] = []
let cutAfter: number | undefined
let ranges = true
let damage = false

const server = createServer((request, response) => {
  const path = request.url ?? ''
  const { range } = request.headers
  asked.push({ path, range })
  if (path.startsWith('/api/models/')) {
    if (!path.startsWith('/api/models/org/model/'))
      return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Repository not found"}')
    const siblings = Object.entries(FILES).map(([rfilename, content]) => ({
      rfilename,
      size: content.length,
      ...(rfilename.endsWith('.onnx') ? { lfs: { sha256: sha(content) } } : {}),
    }))
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sha: REVISION, siblings }))
  }
  const content = FILES[path.slice(`/org/model/resolve/${REVISION}/`.length)]
  if (content === undefined) return response.writeHead(404).end()
  const from = ranges && range !== undefined ? Number(/\d+/.exec(range)?.[0]) : 0
  const part = Buffer.from(content.subarray(from))
  if (damage && path.endsWith('.onnx')) part[0] = 0
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': String(part.length) })
  if (cutAfter === undefined || part.length <= cutAfter) return response.end(part)
  response.write(part.subarray(0, cutAfter))
  return setTimeout(() => request.socket.destroy(), 20)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const roots: string[] = []
afterAll(() => {
  server.closeAllConnections()
  server.close()
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})
const never = new AbortController().signal
const clock = { now: () => 0, random: () => 0, sleep: async () => undefined }
let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quarry-fetch-'))
  roots.push(root)
  asked = []
  cutAfter = undefined
  ranges = true
  damage = false
})
const fetchIt = (name = 'org/model', onProgress?: (done: number, total: number) => void) =>
  fetchModel(name, { root, hub, signal: never, clock, ...(onProgress === undefined ? {} : { onProgress }) })

test('fetches what the model needs and nothing else, with progress; again it asks only for the description', async () => {
  const progress: number[] = []
  const model = await fetchIt('org/model', (done, total) => progress.push(done / total))
  expect(model).toMatchObject({ kind: 'onnx', weights: 'onnx/model_quantized.onnx', faults: [] })
  expect(progress.at(-1)).toBe(1)
  expect(progress).toEqual([...progress].sort((one, two) => one - two))
  expect(existsSync(join(root, 'org/model/README.md'))).toBe(false)
  expect(asked.some(({ path }) => path.includes('evil'))).toBe(false)
  asked = []
  await fetchIt()
  expect(asked.map(({ path }) => path)).toEqual(['/api/models/org/model/revision/main?blobs=true'])
})
test.each([true, false])('goes on where a connection broke (ranges: %s)', async (withRanges) => {
  ranges = withRanges
  cutAfter = 120_000
  if (withRanges) {
    await fetchIt()
    expect(asked.map(({ range }) => range).filter((range) => range !== undefined).length).toBeGreaterThan(0)
  } else {
    await expectModelFault(fetchIt(), 'model/unavailable')
    expect((await readModel(root, 'org/model')).faults).toContain('onnx/model_quantized.onnx is missing')
    cutAfter = undefined
    await fetchIt()
  }
  expect(sha(readFileSync(join(root, 'org/model/onnx/model_quantized.onnx')))).toBe(sha(FILES['onnx/model_quantized.onnx'] ?? Buffer.alloc(0)))
})
test('a changed byte is found and nothing of it kept', async () => {
  damage = true
  await expectModelFault(fetchIt(), 'model/unavailable')
  expect((await readModel(root, 'org/model')).faults).toContain('onnx/model_quantized.onnx is missing')
  expect(existsSync(join(root, 'org/model/onnx/model_quantized.onnx.part'))).toBe(false)
})
test('unknown names and paths are refused', async () => {
  await expectModelFault(fetchIt('org/other'), 'model/refused')
  await expectModelFault(fetchIt('../other'), 'model/unknown')
})
test('stops when it is told to', async () => {
  await expect(fetchModel('org/model', { root, hub, signal: AbortSignal.abort(), clock })).rejects.toMatchObject({ name: 'AbortError' })
})
