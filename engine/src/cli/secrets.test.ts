import { PassThrough, Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { askLine, askNewPassword, askSecret, readSecret } from './secrets.ts'

/** A terminal at which `keys` are typed, one line after each question. */
function terminal(...lines: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  const output = new PassThrough()
  let shown = ''
  const left = [...lines]
  output.on('data', (piece: Buffer) => {
    shown += piece
    if (stripVTControlCharacters(piece.toString()).endsWith(': ')) setImmediate(() => input.write(left.shift() ?? ''))
  })
  return { input, output, shown: () => shown }
}

test('a secret that is typed is not shown, not even its length', async () => {
  const screen = terminal('correct horse  battery\r')
  expect(await askSecret('Password: ', 'x', screen)).toBe('correct horse  battery')
  expect(screen.shown()).toBe('Password: \n')
})

test('a line that is typed is shown', async () => {
  const screen = terminal(' ann@example.com \r')
  expect(await askLine('E-mail: ', 'x', screen)).toBe('ann@example.com')
  expect(screen.shown()).toContain('E-mail: ')
})

test('a new password is asked twice, and one that differs is refused', async () => {
  expect(await askNewPassword('x', terminal('one two three\r', 'one two three\r'))).toBe('one two three')
  const screen = terminal('one two three\r', 'one two four\r')
  await expect(askNewPassword('x', screen)).rejects.toThrow(/differ/)
  expect(screen.shown()).not.toMatch(/one|four/)
  await expect(askNewPassword('x', terminal('one two\r'))).rejects.toThrow('The password has fewer than 12 characters.')
})

test.each([
  ['Ctrl-C', 'half\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s ends the question', async (_name, keys) => {
  await expect(askSecret('Password: ', 'x', terminal(keys))).rejects.toMatchObject({ code: 'request/aborted' })
})

test('without a terminal nothing is asked, and the way without one is told', async () => {
  const input = new PassThrough()
  const asked = askSecret('Password: ', 'Use --password-stdin.', { input, output: new PassThrough() })
  await expect(asked).rejects.toMatchObject({ message: 'Password is asked at a terminal, and standard input is none.', hint: 'Use --password-stdin.' })
})

test('standard input is read whole, without the end of its line', async () => {
  for (const [text, expected] of [
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    [' two words ', ' two words '],
    ['a\n\n', 'a\n'],
  ] as const)
    expect(await readSecret('password', Readable.from([Buffer.from(text)]))).toBe(expected)
  await expect(readSecret('password', Readable.from(['\n']))).rejects.toThrow(/no password on standard input/)
  await expect(readSecret('password', Readable.from(['x'.repeat(70_000)]))).rejects.toThrow(/too long/)
})

test('letters of several bytes that arrive in pieces are put together', async () => {
  const bytes = Buffer.from('pässwörd-休暇')
  expect(await readSecret('password', Readable.from([...bytes].map((byte) => Buffer.from([byte]))))).toBe('pässwörd-休暇')
})
