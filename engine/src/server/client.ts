import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../domain/errors.ts'
import type { Presented } from '../ports/auth.ts'
import type { Settings } from '../settings.ts'

/** What a handler may know of, and say to, the program at the other end. */
export interface Client {
  /** As trusted proxies tell it. */
  readonly address: string
  /** For a person to recognise a session by, such as "Firefox"; nothing that tells more. */
  readonly label: string
  /** The page that asks, when a browser says so. */
  readonly origin: string | undefined
  /** How people reach this server, such as https://quarry.example.com; without a slash at the end. */
  readonly publicUrl: string
  /** @throws auth/foreign-origin unless a page of this server asks, as a browser says */
  assertOwnOrigin(): void
  /**
   * Puts the session into the browser's cookie, or takes it out. @throws auth/foreign-origin when a page elsewhere asks;
   * `from-provider` is a browser that was sent back here, which says no origin
   */
  setSession(session: { readonly text: string; readonly expiresAt: number } | undefined, way?: 'from-provider'): void
  /** A value that the browser keeps for the way to the sign-in provider and back; undefined takes it out. */
  setPending(text: string | undefined): void
  readonly pending: string | undefined
  setHeader(name: string, value: string): void
  /** What it showed, to be shown again in its name; never to be told or kept as it is. */
  presented(): Presented
}

/**
 * Cookies are bound to this host (`__Host-`) where the server is reached by https; a plain name is used on a loopback
 * address, where browsers keep no secure cookies.
 */
export function cookieNames(settings: Pick<Settings, 'PUBLIC_URL'>): { readonly session: string; readonly pending: string; readonly secure: boolean } {
  const secure = settings.PUBLIC_URL?.startsWith('https:') === true
  const prefix = secure ? '__Host-' : ''
  return { session: `${prefix}quarry_session`, pending: `${prefix}quarry_sign_in`, secure }
}

/** Source: a sign-in at a provider with a second factor takes minutes, not hours. */
const PENDING_SECONDS = 900

export function clientOf(request: FastifyRequest, reply: FastifyReply, settings: Settings, presented: () => Presented): Client {
  const names = cookieNames(settings)
  const { origin, host, 'user-agent': agent } = request.raw.headers
  const set = (name: string, value: string, maxAge: number) =>
    reply.raw.appendHeader('set-cookie', `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${names.secure ? '; Secure' : ''}`)
  return {
    address: request.ip,
    label: labelOf(agent),
    origin,
    publicUrl: settings.PUBLIC_URL ?? `http://${host ?? `${settings.HOST}:${settings.PORT}`}`,
    assertOwnOrigin: () => assertOwnOrigin(request, settings),
    setSession(session, way) {
      if (session === undefined) return set(names.session, '', 0)
      if (way === undefined) assertOwnOrigin(request, settings)
      set(names.session, session.text, Math.max(1, Math.floor((session.expiresAt - Date.now()) / 1000)))
    },
    setPending: (text) => (text === undefined ? set(names.pending, '', 0) : set(names.pending, text, PENDING_SECONDS)),
    pending: cookieOf(request.raw.headers.cookie, names.pending),
    setHeader: (name, value) => void reply.header(name, value),
    presented,
  }
}

/** Undefined when it is absent or there twice: of two values nobody knows which one the browser meant. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  const found = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
  return found.length === 1 ? found[0]?.slice(name.length + 1) : undefined
}

/**
 * A browser sends its cookies along whoever's page asks, and says in Origin whose page it was: only our own may do
 * something with them. @throws auth/foreign-origin
 */
export function assertOwnOrigin(request: Pick<FastifyRequest, 'raw'>, settings: Pick<Settings, 'PUBLIC_URL'>): void {
  const { origin, host } = request.raw.headers
  // The Host header was checked before: it names this server.
  const own = settings.PUBLIC_URL === undefined ? [`http://${host}`, `https://${host}`] : [new URL(settings.PUBLIC_URL).origin]
  if (origin === undefined || !own.includes(origin)) throw new AppError('auth/foreign-origin')
}

/** Source: the names that browsers put into User-Agent, the more particular ones first. */
const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const
const SHOWN: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera' }

function labelOf(agent: string | undefined): string {
  if (agent === undefined) return 'a program'
  const browser = BROWSERS.find((name) => agent.includes(`${name}/`))
  if (browser !== undefined) return SHOWN[browser] ?? browser
  return /^quarry-cli\b/.test(agent) ? 'quarry command line' : 'a program'
}
