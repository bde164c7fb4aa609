import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pdfOf } from '../make.ts'
import { blocksOf, missingLine, pageOf, type Ran, runBlocks } from './pages.ts'
import { environmentOf, removeFolder, type ServerProcess, startProcess } from './server-process.ts'

// Pages of the manual whose blocks of shell are run as they stand, in one bash, against a server with an empty data folder.
// What a page says that a block prints stands below the block, and is looked for in what it printed.

const PAGES = [
  { name: 'walk-through.md', isStrict: false },
  { name: 'http.md', isStrict: true },
] as const

describe.each(PAGES)('$name', ({ name, isStrict }) => {
  const page = pageOf(name)
  const blocks = blocksOf(page)
  const walk = mkdtempSync(join(tmpdir(), 'quarry-walk-'))
  let server: ServerProcess | undefined
  let ran: readonly Ran[] = []

  beforeAll(async () => {
    const data = join(walk, 'data')
    mkdirSync(data)
    server = await startProcess(data)
    writeFileSync(join(walk, 'leave.pdf'), await pdfOf(['Leave is requested in the portal.']))
    const environment = environmentOf(walk, { WALK: walk, PORT: new URL(server.address).port, QUARRY_DATA: data })
    ran = await runBlocks(blocks, { cwd: walk, environment, isStrict })
  }, 240_000)
  afterAll(async () => {
    await server?.stop()
    removeFolder(walk)
  })

  test.each(blocks.map(({ heading, line }, index) => [`${heading}, line ${line}`, index] as const))('%s', (_, index) => {
    const { said = '', failed = [] } = ran[index] ?? {}
    expect({ failed, said: failed.length === 0 ? '' : said }).toEqual({ failed: [], said: '' })
    const missing = missingLine(blocks[index] ?? { expected: ['a block'] }, said)
    expect({ missing, said: missing === undefined ? '' : said }).toEqual({ missing: undefined, said: '' })
  })
})

test('the walk starts its server as it is started here', () => {
  expect(pageOf('walk-through.md')).toMatch(/^QUARRY_DATA=~\/quarry-walk\/data QUARRY_SAMPLE=off npm start$/m)
})

describe('the check of pages', () => {
  const page =
    '# One\n\n```sh\necho a\nfalse\n```\n\n```text\na\n```\n\n```\nnot run\n```\n\n## Two\n\n```sh\nfalse || echo "b $A"\n```\n\nWords.\n\n```text\nno\n```\n'

  test('finds the blocks, and only what stands right below them', () => {
    expect(blocksOf(page)).toEqual([
      { heading: 'One', line: 3, script: 'echo a\nfalse\n', expected: ['a'] },
      { heading: 'Two', line: 18, script: 'false || echo "b $A"\n', expected: [] },
    ])
  })

  test('a command that fails counts, one whose failing is spoken of does not', async () => {
    const ran = await runBlocks(blocksOf(page), { cwd: tmpdir(), environment: { A: 'c' }, isStrict: false })
    expect(ran).toEqual([
      { said: 'a\n', failed: ['1: false'] },
      { said: 'b c\n', failed: [] },
    ])
  })

  test('lines are whole, in their order, and … stands for anything', () => {
    const said = 'first line\n  second 17 line\r\nthird\n'
    expect(missingLine({ expected: ['first line', 'second … line', 'third'] }, said)).toBeUndefined()
    expect(missingLine({ expected: ['first'] }, said)).toBe('first')
    expect(missingLine({ expected: ['third', 'first line'] }, said)).toBe('first line')
    expect(missingLine({ expected: ['second .. line'] }, said)).toBe('second .. line')
  })
})
