import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ROOT } from './server-process.ts'

/** A block of shell of a page, with the lines that the page says it prints. */
export interface Block {
  readonly heading: string
  /** Where the block begins in the page, for a person who looks for it. */
  readonly line: number
  readonly script: string
  /** Of the block marked `text` right below it: whole lines in their order, others may stand between; … stands for anything. */
  readonly expected: readonly string[]
}

export interface Ran {
  /** Both streams, as a terminal shows them. */
  readonly said: string
  /** Commands that failed and whose failing the page does not speak of. */
  readonly failed: readonly string[]
}

export function pageOf(name: string): string {
  return readFileSync(join(ROOT, 'docs/manual', name), 'utf8')
}

/** The blocks of a page that are marked `sh`. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let [heading, fence, lines]: [string, string | undefined, string[]] = ['', undefined, []]
  let isBelowBlock = false
  for (const [index, line] of page.split('\n').entries()) {
    if (fence === undefined) {
      if (line.startsWith('```')) [fence, lines] = [line.slice(3).trim(), []]
      else if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
      if (fence === undefined && line.trim() !== '') isBelowBlock = false
    } else if (line === '```') {
      const last = blocks.at(-1)
      if (fence === 'sh') blocks.push({ heading, line: index - lines.length, script: `${lines.join('\n')}\n`, expected: [] })
      else if (fence === 'text' && isBelowBlock && last !== undefined) blocks[blocks.length - 1] = { ...last, expected: lines }
      isBelowBlock = fence === 'sh'
      fence = undefined
    } else lines.push(line)
  }
  return blocks
}

/** The first line that a block should have printed and did not; undefined when all are there. */
export function missingLine({ expected }: Pick<Block, 'expected'>, said: string): string | undefined {
  const lines = said.split(/\r?\n/).map((line) => line.trim())
  let at = 0
  for (const wanted of expected.map((line) => line.trim()).filter((line) => line !== '')) {
    const pattern = new RegExp(
      `^${wanted
        .split('…')
        .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    )
    const found = lines.findIndex((line, index) => index >= at && pattern.test(line))
    if (found === -1) return wanted
    at = found + 1
  }
  return undefined
}

export interface Walk {
  /** Where the blocks are run. */
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** Whether a reply with an error counts as a command that failed. */
  readonly isStrict: boolean
}

/** Runs the blocks in their order, as they stand, in one bash. `npx quarry` is this tree's, without the second that npx takes. */
export async function runBlocks(blocks: readonly Pick<Block, 'script'>[], { cwd, environment, isStrict }: Walk): Promise<Ran[]> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-page-'))
  try {
    for (const [index, { script }] of blocks.entries()) writeFileSync(join(folder, `${index}.sh`), `${script}:\n`) // so that no failing is told of the block as a whole
    const child = spawn('bash', ['-c', sessionScript(folder, blocks.length, isStrict)], {
      cwd,
      env: { ...environment, PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await once(child, 'close')
    const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')
    return blocks.map((_, index) => ({
      said: read(`${index}.out`),
      failed: read(`${index}.failed`)
        .split('\n')
        .filter((line) => line !== ''),
    }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function sessionScript(folder: string, blocks: number, isStrict: boolean): string {
  const main = join(ROOT, 'engine/src/cli/main.ts')
  return `
set -E -o pipefail
export NODE_COMPILE_CACHE="${join(ROOT, 'node_modules/.cache/quarry')}"
npx() { test "$1" = quarry && shift && npm_command=exec "${process.execPath}" --disable-warning=ExperimentalWarning "${main}" "$@"; }
${isStrict ? 'curl() { command curl -sS --fail-with-body "$@"; }' : ''}
trap 'status=$?; printf "%s: %s\\n" "$status" "\${BASH_COMMAND%%$'"'\\\\n'"'*}" >> "${folder}/$block.failed"' ERR
for block in $(seq 0 ${blocks - 1}); do source "${folder}/$block.sh" > "${folder}/$block.out" 2>&1 < /dev/null; done
`
}
