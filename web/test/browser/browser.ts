import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { newFolder, removeFolder, type ServerProcess, startProcess } from '../../../engine/test/end-to-end/server-process.ts'

// Drives the built app on a real server as a person would.

export const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
/** Without them Chromium looks for hosts of its own at every start. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
export const hasChromium = existsSync(CHROMIUM)
if (!hasChromium) console.warn(`No Chromium at ${CHROMIUM} (CHROMIUM_PATH): the tests in a browser are skipped.`)

const SCREENSHOTS = resolve(import.meta.dirname, '../../screenshots')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const ANN = { email: 'ann@example.com', password: 'correct horse battery', name: 'Ann' } as const

export type Theme = 'light' | 'dark'
export const WIDTHS = { phone: 390, desktop: 1280 } as const
export type Width = keyof typeof WIDTHS

export interface View {
  readonly theme?: Theme
  readonly width?: Width
}

export interface App {
  readonly server: ServerProcess
  readonly browser: Browser
  /** The ticket of the link that the server printed; it counts once. */
  claimTicket(): string
  /** A browser of its own, signed in as the owner. */
  signedIn(view?: View): Promise<BrowserContext>
  /** A browser of its own that the server does not know. */
  stranger(view?: View): Promise<BrowserContext>
  /** What pages did that they must not: faults, breaches of their policy, requests to other hosts. Empty is right. */
  readonly trouble: string[]
  /** Requests to hosts other than the server, of all pages. */
  readonly foreign: string[]
  close(): Promise<void>
}

/** A server of its own, claimed by Ann unless told, and a browser. */
export async function openApp(environment: Readonly<Record<string, string>> = {}, { claimed = true } = {}): Promise<App> {
  const folder = newFolder()
  const server = await startProcess(folder, environment)
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_ARGUMENTS],
  })
  const trouble: string[] = []
  const foreign: string[] = []
  const claimTicket = () => /#claim=(\S+)/.exec(server.said())?.[1] ?? ''
  if (claimed) {
    const reply = await post(server, '/api/v1/claim', { ticket: claimTicket(), ...ANN })
    if (!reply.ok) throw new Error(`The claim was refused: ${await reply.text()}`)
  }

  async function context({ theme = 'light', width = 'desktop' }: View): Promise<BrowserContext> {
    const made = await browser.newContext({
      baseURL: server.address,
      colorScheme: theme,
      viewport: { width: WIDTHS[width], height: width === 'phone' ? 844 : 860 },
      ...(width === 'phone' ? { hasTouch: true, isMobile: true } : {}),
    })
    made.on('request', (request) => {
      const { protocol, origin } = new URL(request.url())
      if (protocol.startsWith('http') && origin !== server.address) foreign.push(request.url())
    })
    made.on('console', (message) => {
      // A refused request is no fault of the page: what it makes of it is looked at by the tests.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) trouble.push(`console: ${message.text()}`)
    })
    made.on('weberror', (fault) => trouble.push(`error: ${String(fault.error())}`))
    return made
  }

  return {
    server,
    browser,
    claimTicket,
    trouble,
    foreign,
    stranger: (view = {}) => context(view),
    async signedIn(view = {}) {
      const made = await context(view)
      const reply = await made.request.post('/api/v1/sessions', {
        data: { email: ANN.email, password: ANN.password, transport: 'cookie' },
        headers: { origin: server.address },
      })
      if (!reply.ok()) throw new Error(`Signing in was refused: ${await reply.text()}`)
      return made
    },
    async close() {
      await browser.close()
      await server.stop()
      removeFolder(folder)
    },
  }
}

export function post(server: ServerProcess, path: string, body: unknown): Promise<Response> {
  return fetch(server.address + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

export interface Violation {
  readonly rule: string
  readonly help: string
  readonly where: readonly string[]
}

/** What axe finds on the page by WCAG 2.2 AA and its best practices. */
export async function axe(page: Page): Promise<Violation[]> {
  // Through the protocol, so that the policy of the page stays as it is.
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] }> }
    }
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return violations.map(({ id, help, nodes }) => ({
      rule: id,
      help,
      where: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`),
    }))
  })
}

/** Keeps a picture of the page in a folder that is not committed. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/** Nothing moves and nothing loads any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.animate-pulse, .animate-spin, [aria-busy="true"]') === null, undefined, { timeout: 20_000 })
}
