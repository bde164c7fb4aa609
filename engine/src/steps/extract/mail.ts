import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { readHtmlContent } from './html.ts'
import type { ReadContext } from './reader.ts'

/** A message, whatever format it came in. */
export interface Mail {
  readonly subject: string
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly date: string
  readonly text: string | undefined
  readonly html: string | undefined
  readonly attachments: readonly MailAttachment[]
}

export interface MailAttachment {
  readonly name: string
  readonly mediaType: string
  readonly content: Uint8Array
  /** Shown within the message, such as a logo. */
  readonly inline: boolean
}

/** Source: logos and signatures are smaller, pasted screens larger; what is attached on purpose is an icon only when tiny. */
const INLINE_IMAGE_BYTES = 30_000
const ATTACHED_IMAGE_BYTES = 2_000

/**
 * A message as a section headed by its subject: its head, what it says, and its attachments, each as a section below.
 * @returns true when there was more than a head
 */
export async function addMail(mail: Mail, out: TextBuilder, context: ReadContext): Promise<boolean> {
  let said = false
  await out.section(mail.subject, async () => {
    said = await addParts(mail, out, context)
  })
  return said
}

async function addParts(mail: Mail, out: TextBuilder, context: ReadContext): Promise<boolean> {
  const head = [
    ['From', mail.from],
    ['To', mail.to],
    ['Cc', mail.cc],
    ['Date', mail.date],
  ].filter(([, value]) => value !== '')
  const attachments = mail.attachments.filter((one) => one.content.length > 0 && !isDecoration(one))
  const body = bodyOf(mail)
  if (body === undefined && attachments.length === 0) return false
  const addHead = (): void => out.add('paragraph', head.map(([name, value]) => `${name}: ${value}`).join('\n'))
  if (body !== undefined) {
    addHead()
    if (body.html !== undefined) addHtml(body.html, out, context)
    else for (const paragraph of paragraphsOf(body.text ?? '')) out.add(/^\s*>/.test(paragraph) ? 'quote' : 'paragraph', paragraph)
  }
  const before = out.length
  for (const { name, content, mediaType } of attachments) await context.nested(name, content, mediaType)
  return body !== undefined || out.length > before
}

/** A picture that is looked at, not read. */
function isDecoration({ mediaType, content, inline }: MailAttachment): boolean {
  return mediaType.startsWith('image/') && content.length < (inline ? INLINE_IMAGE_BYTES : ATTACHED_IMAGE_BYTES)
}

/** The version with more structure, unless it says less. */
function bodyOf(mail: Mail): { readonly text?: string; readonly html?: string } | undefined {
  const text = mail.text?.trim() ?? ''
  const html = mail.html ?? ''
  const seen = html.replace(/<[^<>]*>/g, '').trim().length
  if (seen > 0 && seen >= text.length * 0.5) return { html }
  return text === '' ? undefined : { text }
}

function addHtml(html: string, out: TextBuilder, context: ReadContext): void {
  const title = out.title
  try {
    readHtmlContent(html, out, context.limits.nesting)
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'document/hostile') throw cause
    out.warn(`The message was not read: ${cause.message}`)
  }
  out.title = title
}

function paragraphsOf(text: string): string[] {
  return text.replace(/\r\n?/g, '\n').split(/\n[^\S\n]*(?:\n[^\S\n]*)+/)
}
