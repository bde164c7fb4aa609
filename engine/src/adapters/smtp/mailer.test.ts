import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { smtpMailer } from './mailer.ts'

const PASSWORD = 'pass word/@:geheim'
const LETTER = { to: 'ada@example.com', subject: 'A subject', text: 'A text\n' }
const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

/** Certificates of our own for "localhost" and the mapped loopback address; undefined where there is no openssl. */
let certificate: { readonly key: string; readonly cert: string } | undefined
const folder = mkdtempSync(join(tmpdir(), 'quarry-mail-'))
beforeAll(() => {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::ffff:127.0.0.1'
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', names], {
      stdio: 'ignore',
    })
    certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    console.warn('skipped: safe connections to a mail server cannot be tried here, because there is no openssl')
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Got {
  readonly raw: string
  readonly recipients: readonly string[]
  readonly secure: boolean
  readonly user: string | undefined
}

/** A mail server of its own; `said` is every line that clients sent. */
async function mailServer(options: SMTPServerOptions = {}) {
  const got: Got[] = []
  const attempts: { readonly password: string | null | undefined; readonly secure: boolean }[] = []
  const server = new SMTPServer({
    logger: false,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onAuth({ username, password }, session, callback) {
      attempts.push({ password, secure: session.secure === true })
      if (username === 'quarry' && password === PASSWORD) callback(null, { user: username })
      else callback(new Error(`no ${username} with ${password} here`))
    },
    onRcptTo({ address }, _session, callback) {
      if (address.startsWith('nobody@')) callback(Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
      else callback()
    },
    onData(stream, session, callback) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const { user } = session
        got.push({
          raw: Buffer.concat(pieces).toString('utf8'),
          recipients: session.envelope.rcptTo.map(({ address }) => address),
          secure: session.secure === true,
          user: typeof user === 'string' ? user : undefined,
        })
        callback()
      })
    },
    ...options,
  })
  server.on('error', () => undefined) // a client that leaves
  const listening = server.listen(0, '127.0.0.1')
  await new Promise((resolve) => listening.once('listening', resolve))
  ending.push(() => new Promise((resolve) => server.close(() => resolve(undefined))))
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('the mail server has no port')
  return { port: address.port, got, attempts }
}

function mailer(url: string, more: { readonly timeoutMs?: number; readonly ca?: string } = {}) {
  const made = smtpMailer({ url, from: 'quarry@example.org', timeoutMs: 5000, ...more })
  ending.push(() => made.close())
  return made
}
const withPassword = (password: string) => `quarry:${encodeURIComponent(password)}@`
/** The same machine under an address that does not count as loopback. */
const ELSEWHERE = '[::ffff:127.0.0.1]'
async function fault(sending: Promise<unknown>): Promise<AppError> {
  const told = await sending.then(
    () => new Error('it was sent'),
    (error: unknown) => error,
  )
  if (!(told instanceof AppError)) throw told
  return told
}
const headerOf = (raw: string, name: string) => new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'im').exec(raw)?.[1]
/** A header of encoded words. */
const lineOf = (header: string) =>
  header.replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=\s*/g, (_, how: string, word: string) =>
    how === 'B' ? Buffer.from(word, 'base64').toString() : decodeURIComponent(word.replaceAll('_', ' ').replaceAll('%', '%25').replaceAll('=', '%')),
  )
/** The text of a quoted-printable, base64 or plain letter of one part. */
function textOf(raw: string): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4)
  const encoding = headerOf(raw, 'Content-Transfer-Encoding')
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8').replaceAll('\r\n', '\n')
  if (encoding !== 'quoted-printable') return body.replaceAll('\r\n', '\n')
  const bytes = body.replaceAll('=\r\n', '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n')
}

test('a letter arrives with its headers and its text, and its link in one piece', async () => {
  const { port, got } = await mailServer()
  const link = `https://quarry.example.com/join/${'x'.repeat(120)}`
  const letter = { to: 'grüße@example.com', subject: 'Ådä lädt ein – 山田', text: `Ådä – 山田 invites you:\n\n${link}\n\nUntil tomorrow.\n` }
  await mailer(`smtp://127.0.0.1:${port}`).send(letter)
  const [{ raw, recipients } = { raw: '', recipients: [] }] = got
  expect(recipients).toEqual(['grüße@example.com'])
  expect(headerOf(raw, 'From')).toBe('Quarry <quarry@example.org>')
  expect(lineOf(headerOf(raw, 'Subject') ?? '')).toBe(letter.subject)
  expect(headerOf(raw, 'Auto-Submitted')).toBe('auto-generated')
  expect(headerOf(raw, 'Content-Type')).toMatch(/^text\/plain; charset=utf-8/)
  expect(headerOf(raw, 'X-Mailer')).toBeUndefined()
  expect(textOf(raw).trimEnd()).toBe(letter.text.trimEnd())
  expect(textOf(raw).split('\n')).toContain(link)
})

test('any text and any subject of one line arrive as they are', async () => {
  const { port, got } = await mailServer()
  const send = mailer(`smtp://127.0.0.1:${port}`)
  const line = fc.string({ unit: 'grapheme', maxLength: 120 }).filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
      const text = `begin\n${lines.join('\n')}\nend`
      await send.send({ ...LETTER, text })
      expect(textOf(got.at(-1)?.raw ?? '').trimEnd()).toBe(text)
    }),
    { numRuns: 12 },
  )
})

test.each([
  ['to', { to: 'ada@example.com\r\nBcc: eve@example.com' }],
  ['to', { to: 'ada@example.com\nRCPT TO:<eve@example.com>' }],
  ['to', { to: 'ada@example.com, eve@example.com' }],
  ['to', { to: '"x" <eve@example.com>' }],
  ['to', { to: 'a@b@example.com' }],
  ['to', { to: '' }],
  ['to', { to: `${'a'.repeat(64)}@${'b'.repeat(200)}.example` }],
  ['subject', { subject: 'Hello\r\nBcc: eve@example.com' }],
  ['subject', { subject: 'Hello\nX: y' }],
  ['subject', { subject: 'Hello\u2028X: y' }],
  ['subject', { subject: 'Hello\0' }],
])('line breaks and second recipients in %s are refused before a connection is made: %j', async (at, change) => {
  const { port, got } = await mailServer()
  expect(await fault(mailer(`smtp://127.0.0.1:${port}`).send({ ...LETTER, ...change }))).toMatchObject({ code: 'request/invalid', facts: { at } })
  expect(got).toEqual([])
})

test('a text cannot end the letter, nor begin a second one', async () => {
  const { port, got } = await mailServer()
  await mailer(`smtp://127.0.0.1:${port}`).send({ ...LETTER, text: 'one\r\n.\r\nMAIL FROM:<eve@example.com>\r\n.\r\nQUIT' })
  expect(got).toHaveLength(1)
  expect(textOf(got[0]?.raw ?? '')).toContain('MAIL FROM:<eve@example.com>')
})

test('a refused recipient, a server that is down and one that stalls', async () => {
  const { port } = await mailServer()
  expect(await fault(mailer(`smtp://127.0.0.1:${port}`).send({ ...LETTER, to: 'nobody@example.com' }))).toMatchObject({
    code: 'mail/unavailable',
    facts: { reply: 550, reason: expect.stringContaining('recipient') },
  })
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const stalled = mailer(`smtp://127.0.0.1:${address.port}`, { timeoutMs: 100 }).send(LETTER)
  expect(await fault(stalled)).toMatchObject({ code: 'mail/unavailable', facts: { reason: expect.stringContaining('too long') } })
  await new Promise((resolve) => silent.close(resolve))
  expect(await fault(mailer(`smtp://127.0.0.1:${address.port}`).send(LETTER))).toMatchObject({ code: 'mail/unavailable' })
})

test('a server that goes on sending lines for nothing is left', async () => {
  const chatty = createServer((socket) => {
    const timer = setInterval(() => socket.write('220-wait\r\n'), 20)
    socket.on('error', () => undefined)
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => chatty.listen(0, '127.0.0.1', resolve))
  ending.push(() => new Promise((resolve) => chatty.close(resolve)))
  const address = chatty.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  expect(await fault(mailer(`smtp://127.0.0.1:${address.port}`, { timeoutMs: 150 }).send(LETTER))).toMatchObject({ code: 'mail/unavailable' })
})

test('a wrong password is told without the password, in whatever form', async () => {
  const { port } = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  const refused = await fault(mailer(`smtp://${withPassword('wrong-secret')}127.0.0.1:${port}`).send(LETTER))
  expect(refused).toMatchObject({ code: 'mail/unavailable', facts: { reason: expect.stringContaining('password') } })
  const all = `${JSON.stringify(refused.body())} ${refused.stack} ${String(refused.cause)}`
  for (const form of ['wrong-secret', Buffer.from('wrong-secret').toString('base64'), Buffer.from('\0quarry\0wrong-secret').toString('base64')])
    expect(all).not.toContain(form)
})

test('the password goes over no network in the clear: without STARTTLS nothing is sent', async () => {
  const { port, got, attempts } = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  await mailer(`smtp://${withPassword(PASSWORD)}127.0.0.1:${port}`).send(LETTER)
  expect([got.length, attempts.length, got[0]?.user]).toEqual([1, 1, 'quarry']) // on this machine it may
  const refused = await fault(mailer(`smtp://${withPassword(PASSWORD)}${ELSEWHERE}:${port}`).send(LETTER))
  expect(refused).toMatchObject({ code: 'mail/unavailable', facts: { reason: expect.stringContaining('STARTTLS') } })
  expect([got.length, attempts.length]).toEqual([1, 1])
})

test('STARTTLS and smtps with a certificate that holds; with one that does not hold nothing is sent', async (context) => {
  if (certificate === undefined) return context.skip('there is no openssl')
  const ours = { ...certificate, authOptional: false }
  const upgrading = await mailServer({ ...ours, disabledCommands: [] })
  const immediate = await mailServer({ ...ours, disabledCommands: [], secure: true })
  const places = [
    [upgrading, `smtp://${withPassword(PASSWORD)}${ELSEWHERE}:${upgrading.port}`],
    [immediate, `smtps://${withPassword(PASSWORD)}localhost:${immediate.port}`],
  ] as const
  for (const [server, url] of places) {
    expect(await fault(mailer(url).send(LETTER))).toMatchObject({ code: 'mail/unavailable' })
    expect([server.got, server.attempts]).toEqual([[], []])
    await mailer(url, { ca: certificate.cert }).send(LETTER)
    expect(server.got).toMatchObject([{ secure: true, user: 'quarry' }])
    expect(server.attempts).toMatchObject([{ secure: true }])
  }
})

test.each(['', 'http://mail.example.com', 'smtp://', 'mail.example.com:25'])('"%s" is no mail server, and is not repeated', (url) => {
  expect(() => smtpMailer({ url, from: 'quarry@example.org' })).toThrow(expect.objectContaining({ code: 'settings/invalid' }))
})
