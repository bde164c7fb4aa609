import { createTransport } from 'nodemailer'
import { EMAIL, EMAIL_LENGTH } from '../../domain/account.ts'
import { AppError } from '../../domain/errors.ts'
import type { Letter, Mailer } from '../../ports/mailer.ts'

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, or `smtps://` where TLS begins with the connection. */
  readonly url: string
  /** Sender's address. */
  readonly from: string
  /** How long the server may keep us waiting at each step; a letter takes four times that at most. */
  readonly timeoutMs?: number
  /** PEM of authorities that vouch for the server, instead of those of the system. */
  readonly ca?: string
}

/** Source: a server that greets slowly on purpose (against spam) takes up to 20 seconds. */
const TIMEOUT_MS = 30_000

/**
 * Sends letters through a mail server, one connection each. Name and password never go over a network in the clear: where
 * the server is another machine, `smtp://` insists on STARTTLS with a certificate that holds.
 * @throws AppError settings/invalid for an address that is none
 */
export function smtpMailer({ url, from, timeoutMs = TIMEOUT_MS, ca }: SmtpOptions): Mailer {
  const server = serverOf(url)
  const local = isThisMachine(server.host)
  const transport = createTransport({
    ...server,
    requireTLS: !server.secure && !local && server.auth !== undefined,
    // Nobody stands between two programs of one machine, and a certificate for "localhost" is always a made-up one.
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: server.secure || !local, ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })

  return {
    async send(letter) {
      check(letter)
      const { to, subject, text } = letter
      try {
        await transport.sendMail({
          from: { name: 'Quarry', address: from },
          // As an object it is one recipient, whatever stands in it.
          to: { name: '', address: to },
          subject,
          text,
          xMailer: false,
          // Asks for no "out of office" replies.
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(4 * timeoutMs),
        })
      } catch (fault) {
        // Without the fault as its cause: it repeats what the server said, and some repeat what they were told.
        throw new AppError('mail/unavailable', reasonOf(fault))
      }
    },
    async close() {
      transport.close()
    },
  }
}

interface Server {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
}

function serverOf(text: string): Server {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const secure = url?.protocol === 'smtps:'
  if (url === undefined || url.hostname === '' || !(secure || url.protocol === 'smtp:'))
    throw new AppError('settings/invalid', { problems: ['SMTP_URL is no address of a mail server'] })
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    ...(url.username === '' ? {} : { auth: { user: decoded(url.username), pass: decoded(url.password) } }),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a password with a bare "%"
  }
}

function isThisMachine(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Whatever a person chose: a line break would begin another header or another command. */
function check({ to, subject }: Letter): void {
  if (to.length > EMAIL_LENGTH || !EMAIL.test(to)) throw new AppError('request/invalid', { at: 'to', expected: 'one e-mail address' })
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(subject)) throw new AppError('request/invalid', { at: 'subject', expected: 'one line without control characters' })
}

const REASONS: Readonly<Record<string, string>> = {
  EAUTH: 'the mail server refused name and password',
  EENVELOPE: 'the mail server refused the sender or the recipient',
  EMESSAGE: 'the mail server refused the letter',
  ETLS: 'no safe connection to the mail server: STARTTLS is missing or its certificate does not hold',
  EREQUIRETLS: 'no safe connection to the mail server',
  EDNS: 'the name of the mail server is not known',
  ETIMEDOUT: 'the mail server takes too long',
  EABORT: 'the mail server takes too long',
}

function reasonOf(fault: unknown): { readonly reason: string; readonly reply?: number } {
  if (typeof fault !== 'object' || fault === null) return { reason: 'the mail server does not answer' }
  const { code, responseCode } = fault as { readonly code?: unknown; readonly responseCode?: unknown }
  const reason = (typeof code === 'string' ? REASONS[code] : undefined) ?? 'the mail server does not answer'
  return typeof responseCode === 'number' ? { reason, reply: responseCode } : { reason }
}
