import PostalMime from 'postal-mime'
import { AppError } from '../../domain/errors.ts'
import { addMail, type Mail } from './mail.ts'
import type { Reader } from './reader.ts'

/** Source: a real message has a handful of levels; the head of one is far below this. */
const MIME_LIMITS = { maxNestingDepth: 50, maxHeadersSize: 2 << 20 }

/** One e-mail (RFC 5322) with its attachments. */
export const readEml: Reader = async (source, out, context) => {
  const mail = await parseEml(source.bytes())
  out.title = mail.subject
  out.property('author', mail.from)
  out.property('created', mail.date)
  const said = await addMail(mail, out, context)
  if (!said) throw new AppError('document/empty', { mediaType: source.mediaType })
}

/** @throws AppError document/hostile (nested too deep), document/corrupt */
export async function parseEml(bytes: Uint8Array): Promise<Mail> {
  const email = await PostalMime.parse(bytes, { ...MIME_LIMITS, forceRfc822Attachments: true, attachmentEncoding: 'arraybuffer' }).catch((cause: unknown) => {
    const text = cause instanceof Error ? cause.message : ''
    throw new AppError(/nesting|size|exceed/i.test(text) ? 'document/hostile' : 'document/corrupt', { reason: text.slice(0, 200) }, cause)
  })
  return {
    subject: email.subject ?? '',
    from: addresses(email.from === undefined ? [] : [email.from]),
    to: addresses(email.to ?? []),
    cc: addresses(email.cc ?? []),
    date: email.date ?? '',
    text: email.text,
    html: email.html,
    attachments: email.attachments.map((one, index) => ({
      name: one.filename ?? one.description ?? (one.mimeType === 'message/rfc822' ? 'message.eml' : `attachment ${index + 1}`),
      mediaType: one.mimeType,
      content: typeof one.content === 'string' ? new TextEncoder().encode(one.content) : new Uint8Array(one.content),
      inline: one.related === true || one.disposition === 'inline',
    })),
  }
}

type MailAddress = { readonly name: string; readonly address?: string | undefined; readonly group?: readonly MailAddress[] | undefined }

function addresses(list: readonly MailAddress[]): string {
  return list
    .flatMap((one) => (one.group === undefined ? [one] : one.group))
    .map(({ name, address = '' }) => (name === '' ? address : address === '' ? name : `${name} <${address}>`))
    .join(', ')
    .slice(0, 2000)
}
