import { AppError } from '../../domain/errors.ts'
import { parseEml } from './eml.ts'
import { addMail } from './mail.ts'
import type { Reader } from './reader.ts'

/** A mailbox: each message is a section headed by its subject. A damaged message becomes a warning. */
export const readMbox: Reader = async (source, out, context) => {
  const messages = messagesOf(source.bytes())
  if (messages.length > context.limits.entries) throw new AppError('document/too-large', { limit: `${context.limits.entries} messages` })
  for (const [index, bytes] of messages.entries()) {
    context.progress(index, messages.length)
    try {
      const mail = await parseEml(bytes)
      await addMail({ ...mail, subject: mail.subject === '' ? `Message ${index + 1}` : mail.subject }, out, context)
    } catch (cause) {
      if (!(cause instanceof AppError) || cause.code === 'document/too-large') throw cause
      out.warn(`Message ${index + 1} was not read: ${cause.message}`)
    }
  }
}

/** A message begins at a line that starts with "From ", at the start of the file or after an empty line. */
function messagesOf(bytes: Uint8Array): Uint8Array[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const starts: number[] = []
  for (let at = whole.indexOf('From '); at >= 0; at = whole.indexOf('\nFrom ', at)) {
    const line = at === 0 && starts.length === 0 ? 0 : at + 1
    const afterEmptyLine = line === 0 || whole[line - 2] === 0x0a || (whole[line - 2] === 0x0d && whole[line - 3] === 0x0a)
    if (afterEmptyLine && /^From \S{1,320} .{5,80}/.test(whole.toString('latin1', line, line + 450))) starts.push(line)
    at = line + 4
  }
  return starts.map((start, index) => {
    const head = whole.indexOf(0x0a, start) + 1
    return unescaped(whole.subarray(head, starts[index + 1] ?? whole.length))
  })
}

/** A line of the message that began with "From " was written as ">From ". */
function unescaped(message: Buffer): Uint8Array {
  if (!message.includes('\n>From ')) return message
  return Buffer.from(message.toString('latin1').replace(/\n>(>*From )/g, '\n$1'), 'latin1')
}
