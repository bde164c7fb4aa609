import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { AwsKeys } from './aws-signing.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)
const text = (value: string) => ({ type: 'string', value }) as const

/** Bytes of one message as AWS sends them. */
export function frameOf(headers: Readonly<Record<string, string>>, body: string | Uint8Array): Buffer {
  const coded = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, text(value)]))
  return Buffer.from(codec.encode({ headers: coded, body: Buffer.from(body) }))
}

export function eventFrame(type: string, value: unknown): Buffer {
  return frameOf({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, JSON.stringify(value))
}

export function exceptionFrame(type: string, message: string): Buffer {
  return frameOf({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, JSON.stringify({ message }))
}

/** What a container wrote, as SageMaker hands it on. */
export function payloadFrame(bytes: string | Uint8Array): Buffer {
  return frameOf({ ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream', ':message-type': 'event' }, bytes)
}

/** `token` is sent with each request, so it must never be shown. */
export function keysWith(token: string): () => Promise<AwsKeys> {
  return async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: token })
}
