import { crc32 } from 'node:zlib'
import { AppError } from '../domain/errors.ts'
import { said } from './http-said.ts'

/** An event of the framing `application/vnd.amazon.eventstream`, or what went wrong instead. */
export type AwsMessage = { readonly type: string; readonly body: Uint8Array } | { readonly fault: AwsFault }

export interface AwsFault {
  readonly message: string
  /** The name of the exception; after `unavailable: ` when another try may help. */
  readonly code: string
}

export const EVENT_STREAM = 'application/vnd.amazon.eventstream'
/** Source: a payload has at most 16 MiB, headers 128 KiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024 + 128 * 1024 + 16
/** Length of the message, length of its headers, checksum of both. */
const PRELUDE_BYTES = 12
const MIN_MESSAGE_BYTES = PRELUDE_BYTES + 4
/** What another try would not change. */
const LASTING = /validation|access|denied|notfound|unrecognized|expired|signature|quota/i

/**
 * What a stream holds, which may come in pieces of any length. Both checksums of each message are verified.
 * @throws model/unavailable for a message that is damaged or cut off
 */
export async function* awsMessages(content: AsyncIterable<Uint8Array>, model: string): AsyncGenerator<AwsMessage> {
  const broken = (reason: string, cause?: unknown) => new AppError('model/unavailable', { model, reason }, cause)
  const decode = await decoder()
  let rest = Buffer.alloc(0)
  for await (const piece of content) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece])
    while (rest.length >= PRELUDE_BYTES) {
      const length = rest.readUInt32BE(0)
      // Checked before the message is there: a damaged length would be waited for.
      const isSound = crc32(rest.subarray(0, 8)) === rest.readUInt32BE(8) && length >= MIN_MESSAGE_BYTES && length <= MAX_MESSAGE_BYTES
      if (!isSound) throw broken('the stream is damaged')
      if (rest.length < length) break
      try {
        yield decode(rest.subarray(0, length))
      } catch (error) {
        throw broken('the stream is damaged', error)
      }
      rest = rest.subarray(length)
    }
  }
  if (rest.length > 0) throw broken('the answer broke off')
}

async function decoder(): Promise<(message: Uint8Array) => AwsMessage> {
  const { EventStreamCodec } = await import('@smithy/eventstream-codec')
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes as Uint8Array).toString(),
    (text) => Buffer.from(text),
  )
  return (message) => {
    const { headers, body } = codec.decode(message)
    const header = (name: string) => String(headers[name]?.value ?? '')
    const kind = header(':message-type')
    if (kind === 'event') return { type: header(':event-type'), body }
    const name = header(kind === 'exception' ? ':exception-type' : ':error-code')
    const text = kind === 'exception' ? said(Buffer.from(body).toString()).message : header(':error-message')
    return { fault: { message: text === '' ? name : text, code: LASTING.test(name) ? name : `unavailable: ${name}` } }
  }
}
