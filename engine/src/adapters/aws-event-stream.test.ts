import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { type AwsMessage, awsMessages } from './aws-event-stream.ts'
import { eventFrame, exceptionFrame, frameOf } from './aws-frames.fixture.ts'

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length)
}

async function read(bytes: Uint8Array, length = 1000): Promise<{ readonly messages: AwsMessage[]; readonly error: unknown }> {
  const messages: AwsMessage[] = []
  try {
    for await (const message of awsMessages(pieces(bytes, length), 'bedrock:x')) messages.push(message)
    return { messages, error: undefined }
  } catch (error) {
    return { messages, error }
  }
}

const textsOf = (messages: readonly AwsMessage[]) =>
  messages.map((message) => ('body' in message ? Buffer.from(message.body).toString() : message.fault.message))

describe('an event stream', () => {
  test('is read right in pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 8 }), fc.integer({ min: 1, max: 400 }), async (texts, length) => {
        const { messages, error } = await read(Buffer.concat(texts.map((text) => eventFrame('contentBlockDelta', text))), length)
        expect([textsOf(messages), error]).toEqual([texts.map((text) => JSON.stringify(text)), undefined])
      }),
    )
  })
  test('with any byte changed, or cut anywhere: what came before, then one error that may pass', async () => {
    const frames = ['one', 'two', 'three'].map((text) => eventFrame('contentBlockDelta', text))
    const whole = Buffer.concat(frames)
    const begins = frames.map((_, index) => Buffer.concat(frames.slice(0, index)).length)
    const complete = (at: number) => begins.filter((_, index) => (begins[index + 1] ?? whole.length) <= at).length
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      for (const bytes of [damaged, whole.subarray(0, at)]) {
        const { messages, error } = await read(bytes)
        expect(textsOf(messages)).toEqual(['"one"', '"two"', '"three"'].slice(0, complete(at)))
        if (bytes !== damaged && begins.includes(at)) expect(error).toBeUndefined()
        else expect(error).toBeInstanceOf(AppError)
        if (error !== undefined) expect((error as AppError).code).toBe('model/unavailable')
      }
    }
  })
  test('that promises more than there may be is not waited for', async () => {
    const head = Buffer.alloc(12)
    head.writeUInt32BE(1_000_000, 0)
    expect((await read(Buffer.concat([head, Buffer.alloc(100)]))).error).toMatchObject({
      code: 'model/unavailable',
      facts: { reason: 'the stream is damaged' },
    })
  })
  test.each([
    ['throttlingException', true],
    ['internalServerException', true],
    ['serviceUnavailableException', true],
    ['modelStreamErrorException', true],
    ['modelTimeoutException', true],
    ['InternalStreamFailure', true],
    ['ModelStreamError', true],
    ['validationException', false],
    ['accessDeniedException', false],
    ['resourceNotFoundException', false],
  ])('tells of %s; whether it may pass: %s', async (type, mayPass) => {
    const { messages } = await read(exceptionFrame(type, 'what happened'))
    expect(messages).toEqual([{ fault: { message: 'what happened', code: mayPass ? `unavailable: ${type}` : type } }])
  })
  test('tells of errors without a body', async () => {
    const frame = frameOf({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'An internal server error' }, '')
    expect((await read(frame)).messages).toEqual([{ fault: { message: 'An internal server error', code: 'unavailable: InternalError' } }])
  })
})
