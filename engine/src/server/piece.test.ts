import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { pieceOf } from './piece.ts'

const OPTIONS = { idleMs: 60_000, signal: new AbortController().signal }
async function textOf(piece: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const bytes of piece) text += Buffer.from(bytes).toString()
  return text
}

test('a body comes as it is, and none is empty', async () => {
  const stream = new PassThrough()
  stream.write('ab')
  stream.end('c')
  expect(await textOf(pieceOf(stream, OPTIONS))).toBe('abc')
  expect(await textOf(pieceOf(undefined, OPTIONS))).toBe('')
})

test('a right that is gone ends a body that is silent, with its own reason', async () => {
  const taking = new AbortController()
  const reading = textOf(pieceOf(new PassThrough(), { ...OPTIONS, signal: taking.signal }))
  taking.abort(new AppError('auth/invalid'))
  await expect(reading).rejects.toMatchObject({ code: 'auth/invalid' })
  await expect(textOf(pieceOf(new PassThrough(), { ...OPTIONS, signal: taking.signal }))).rejects.toMatchObject({ code: 'auth/invalid' })
})

test('a silent client is a time-out, a broken connection is told as such, and neither looks like an end', async () => {
  await expect(textOf(pieceOf(new PassThrough(), { ...OPTIONS, idleMs: 10 }))).rejects.toMatchObject({ code: 'request/timeout' })
  const broken = new PassThrough()
  broken.write('ab')
  const reading = textOf(pieceOf(broken, OPTIONS))
  broken.destroy()
  await expect(reading).rejects.toMatchObject({ code: 'request/aborted' })
  const left = new AbortController()
  const ended = new PassThrough()
  left.abort(new Error('the client left'))
  ended.end('ab')
  await expect(textOf(pieceOf(ended, { ...OPTIONS, signal: left.signal }))).rejects.toMatchObject({ code: 'request/aborted' })
})

test('leaving in the middle leaves the request open for the reply', async () => {
  const stream = new PassThrough()
  stream.write('ab')
  for await (const _ of pieceOf(stream, OPTIONS)) break
  expect(stream.destroyed).toBe(false)
})
