import { createRequire } from 'node:module'
import type msgreader from '@kenjiuno/msgreader'
import type { FieldsData } from '@kenjiuno/msgreader'
import { AppError } from '../../domain/errors.ts'
import { decodeText } from './encoding.ts'
import { addMail, type Mail, type MailAttachment } from './mail.ts'
import type { Reader } from './reader.ts'

type MsgReader = InstanceType<typeof msgreader.default>
// CommonJS with its class under "default": required, it is the same under every loader.
const { default: Parser }: typeof msgreader = createRequire(import.meta.url)('@kenjiuno/msgreader')
const MAX_ATTACHMENTS = 1000

/** An Outlook message ([MS-OXMSG]) with its attachments. */
export const readMsg: Reader = async (source, out, context) => {
  const bytes = source.bytes()
  const reader = new Parser(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
  const data = reader.getFileData()
  if (data.dataType !== 'msg') throw new AppError('document/corrupt', { reason: 'it holds no message' })
  const recipients = (type: string): string =>
    (data.recipients ?? [])
      .filter((one) => one.recipType === type)
      .map((one) => [one.name, one.smtpAddress ?? one.email].filter((part) => part !== undefined && part !== '').join(' '))
      .join(', ')
  const mail: Mail = {
    subject: data.subject ?? '',
    from: [data.senderName, data.senderSmtpAddress ?? data.senderEmail].filter((part) => part !== undefined && part !== '').join(' '),
    to: recipients('to'),
    cc: recipients('cc'),
    date: isoDate(data.messageDeliveryTime ?? data.clientSubmitTime),
    text: data.body,
    html: data.bodyHtml ?? (data.html === undefined ? undefined : decodeText(data.html).text),
    attachments: attachmentsOf(reader, data.attachments ?? []),
  }
  out.title = mail.subject
  out.property('author', mail.from)
  out.property('created', mail.date)
  const said = await addMail(mail, out, context)
  if (!said) throw new AppError('document/empty', { mediaType: source.mediaType })
}

function attachmentsOf(reader: MsgReader, fields: readonly FieldsData[]): MailAttachment[] {
  return fields.slice(0, MAX_ATTACHMENTS).map((field) => {
    const { fileName, content } = reader.getAttachment(field)
    return {
      name: fileName,
      mediaType: field.attachMimeTag ?? '',
      content: new Uint8Array(content),
      inline: field.attachmentHidden === true || field.pidContentId !== undefined,
    }
  })
}

function isoDate(text: string | undefined): string {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? (text ?? '') : new Date(time).toISOString()
}
