import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pdfOf } from '../make.ts'
import { environmentOf, FIXTURES, newFolder, ROOT, removeFolder, type ServerProcess, type spawnServer, startProcess, until } from './server-process.ts'

// The commands that the README and the first steps show, run as they stand there, and what a person sees when something is wrong.

const BIN = join(ROOT, 'engine/bin/quarry.mjs')
const folder = newFolder()
const work = mkdtempSync(join(tmpdir(), 'quarry-command-line-'))
let server: ServerProcess
let waiter: ReturnType<typeof spawnServer> | undefined

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a line of shell in the working folder, with `npx quarry` being this tree's. */
async function shell(line: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const local = line.replaceAll('npx quarry', `"${process.execPath}" "${BIN}"`)
  const child = spawn('bash', ['-c', `set -o pipefail; ${local}`], { cwd: work, env: { ...environmentOf(folder), ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (piece: Buffer) => {
    said.out += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    said.err += piece
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, ...said }
}
const quarry = (line: string, more?: Readonly<Record<string, string>>) => shell(`npx quarry ${line}`, more)

/** Lines of the shell blocks of a page, continued ones joined. */
function linesOf(page: string): string[] {
  const blocks = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')
  return blocks.flatMap((block) => block.replaceAll('\\\n', ' ').trim().split('\n'))
}
const INSTALLED = /^(?:npm (?:start|test)|git clone )/ // these are what this test stands on
const shown = (page: string) => linesOf(page).filter((line) => /^(?:npx quarry|curl|TOKEN=)/.test(line))

beforeAll(async () => {
  mkdirSync(join(work, 'my-documents'))
  cpSync(FIXTURES, join(work, 'my-documents'), { recursive: true })
  writeFileSync(join(work, 'my-documents', 'leave.txt'), 'Request leave in the portal two weeks ahead. The team lead decides.')
  writeFileSync(join(work, 'leave.pdf'), await pdfOf(['Leave is requested in the portal.']))
  // The sample is loaded on the first start.
  server = await startProcess(folder, { QUARRY_SAMPLE: 'on' })
  // It is loaded after the server has begun to answer.
  await until(async () => {
    const [manual] = (await server.client.call('listDatabases', {})).databases
    return manual !== undefined && manual.documents.total >= 12 && manual.documents.ready === manual.documents.total ? true : undefined
  }, 'the sample')
})
afterAll(async () => {
  await server.stop()
  waiter?.child.kill('SIGKILL')
  removeFolder(folder)
  removeFolder(work)
})

describe('the pages show commands that work', () => {
  test.each(['README.md', 'docs/manual/first-steps.md'])('every line of %s is one that is run here, or what starts it all', (page) => {
    const lines = linesOf(page).filter((line) => !/^(?:engine|web)\/|^ {2}/.test(line))
    expect(lines.filter((line) => !INSTALLED.test(line) && !shown(page).includes(line) && !line.startsWith('-d '))).toEqual([])
    expect(shown(page).length).toBeGreaterThan(2)
  })

  test('README.md', { timeout: 120_000 }, async () => {
    for (const line of shown('README.md')) {
      const ran = await shell(line)
      expect([line, ran.code, ran.err.match(/error|cannot/i)]).toEqual([line, 0, null])
      if (line.includes(' ask ')) expect(ran.out).toMatch(/\[1\]/)
    }
    await quarry('delete handbook --all')
  })

  test('first steps, with the token and the address of this server', { timeout: 120_000 }, async () => {
    const run: string[] = []
    for (const line of shown('docs/manual/first-steps.md')) {
      const here = line.replaceAll('http://127.0.0.1:8000', server.address).replaceAll('data/token', join(folder, 'token'))
      if (here.startsWith('TOKEN=')) run.push(here)
      else {
        // The two ways of making a database are alternatives.
        if (here.includes('database/create')) await quarry('delete handbook --all')
        const ran = await shell([...run, here.replace(/^curl /, 'curl -sS --fail-with-body ')].join('; '))
        expect([line, ran.code, ran.code === 0 ? '' : ran.out + ran.err]).toEqual([line, 0, ''])
        if (here.startsWith('curl')) expect(JSON.parse(ran.out)).not.toHaveProperty('error')
        if (here.includes('database/create')) await server.idle('handbook')
      }
    }
  })
})

describe('what a person sees', () => {
  test.each([
    ['query nowhere "a question"', /no such database.*nowhere/is],
    ['ask nowhere "a question"', /no such database/i],
    ['status nowhere', /no such database/i],
    ['query manual "a question" --where "year >>= 3"', /filter cannot be read/i],
    ['add manual ./missing.pdf', /missing\.pdf/],
    ['create nothing ./missing-folder', /missing-folder/],
    ['create manual ./my-documents', /name exists/i],
    ['preview ./missing.pdf', /missing\.pdf/],
    ['retry manual missing.pdf', /no such document/i],
    ['rollback manual 77', /no such index version/i],
    ['delete manual', /--all/],
    ['query manual x --n many', /whole number/],
    ['query manual x --threshold 3', /0 to 1/],
    ['add manual ./my-documents --meta year', /NAME=VALUE/],
    ['cancel job_unknown', /no such job/i],
    ['qwery manual x', /unknown command/i],
  ])('quarry %s fails with a sentence, not with a stack', async (line, expected) => {
    const { code, out, err } = await quarry(line)
    expect(code).toBe(1)
    expect(err).toMatch(expected)
    expect(out).toBe('')
    expect(err).not.toMatch(/\bat .*\.ts:\d|node:internal|undefined/)
  })

  test('one bad file never stops the others and is named with its reason', async () => {
    writeFileSync(join(work, 'locked.pdf'), await pdfOf(['secret'], { password: 'x' }))
    const { code, err } = await quarry('create mixed ./leave.pdf ./locked.pdf --meta year=2026 --meta team=pit')
    expect(code).toBe(0)
    expect(err).toMatch(/1 document.* indexed/)
    expect(err).toMatch(/locked\.pdf[\s\S]*password/)
    expect((await quarry('documents mixed --failed')).out).toContain('locked.pdf')
    expect((await quarry('query mixed portal --where "year = 2026 and team = \'pit\'"')).out).toContain('leave.pdf')
    expect((await quarry('create worse ./locked.pdf')).code).toBe(1)
  })

  test('every other command tells what it did', { timeout: 90_000 }, async () => {
    await quarry('create small ./leave.pdf')
    for (const [line, expected] of [
      ['list', /small/],
      ['status small', /ready/],
      ['documents small', /leave\.pdf/],
      ['documents small --search leave', /leave\.pdf/],
      ['why small "request leave" leave.pdf', /leave/],
      ['preview ./leave.pdf --chunk-size 64', /portal/],
      ['versions small', /live/],
      ['rebuild small --chunk-size 64', /./],
      ['rollback small 1', /./],
      ['jobs --database small', /done/],
      ['models', /local:/],
      ['delete small leave.pdf', /1 document deleted/],
      ['delete small --all', /deleted/],
    ] as const) {
      const { code, out, err } = await quarry(line)
      expect([line, code]).toEqual([line, 0])
      expect(out + err).toMatch(expected)
    }
  })

  test('--json is JSON and nothing else; colours come only when they are wanted', async () => {
    const reply = await quarry('query manual "rebuild a database" --json', { FORCE_COLOR: '1' })
    expect(JSON.parse(reply.out).results.length).toBeGreaterThan(0)
    const lines = (await quarry('ask manual "How do I rebuild a database?" --json')).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line)).length).toBeGreaterThan(2)
    const plain = await quarry('query manual rebuild', { NO_COLOR: '1' })
    expect(plain.out).not.toContain('\u001b')
    expect((await quarry('query manual rebuild')).out).not.toContain('\u001b')
  })

  test('a reader of a pipe that has seen enough is no error', async () => {
    const { code, out, err } = await shell(
      'set +o pipefail; npx quarry query manual "database document index" --n 100 --explain | head -n 2; echo "ended $PIPESTATUS"',
    )
    expect(code).toBe(0)
    expect(out.split('\n').length).toBeGreaterThan(2)
    expect(out).toContain('ended 0')
    expect(err).toBe('')
  })

  test('wrong settings are told all at once, in words', async () => {
    const { code, err } = await quarry('list', { PORT: 'many', LOG_LEVEL: 'loud' })
    expect(code).toBe(1)
    expect(err).toMatch(/PORT[\s\S]*LOG_LEVEL/)
  })
})

describe('without a running server', () => {
  test('a command starts one for its own length and leaves none behind', { timeout: 60_000 }, async () => {
    await server.stop()
    const { code, out } = await quarry('query manual "rebuild a database" --json')
    expect(code).toBe(0)
    expect(JSON.parse(out).results.length).toBeGreaterThan(0)
    expect((await quarry('status nowhere')).code).toBe(1)
    server = await startProcess(folder) // the folder is free
  })

  test('the address that a killed server left behind misleads nobody', { timeout: 60_000 }, async () => {
    await server.stop('SIGKILL')
    expect((await quarry('list')).out).toContain('manual')
    server = await startProcess(folder)
  })

  test('Ctrl-C ends a command with 130 and says what goes on', { timeout: 60_000 }, async () => {
    const big = join(work, 'big')
    mkdirSync(big)
    for (let index = 0; index < 60; index += 1) writeFileSync(join(big, `${index}.pdf`), await pdfOf([`Page ${index}`]))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'engine/src/cli/main.ts'), 'create', 'big', './big'], {
      cwd: work,
      env: environmentOf(folder),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let err = ''
    child.stderr.on('data', (piece: Buffer) => {
      err += piece
    })
    await until(async () => (/60 files/.test(err) ? true : undefined), 'the upload to begin')
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect([code, err]).toEqual([130, expect.stringContaining('Stopped.')])
  })
})
