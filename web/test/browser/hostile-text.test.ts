import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT } from '../../strings/chat.ts'
import { type App, hasChromium, openApp, picture, settled } from './browser.ts'
import { type ModelStub, modelStub } from './model-stub.ts'
import { inPieces, ONE_LINE, PAYLOADS } from './payloads.ts'

// Text of strangers stays text: in answers streamed in small pieces, in names, titles, metadata and documents.

const PER_ANSWER = 45
/** The Markdown of an answer, as soon as what draws it is there. */
const DRAWN = 'div.leading-7[dir=auto]'
const answers = Array.from({ length: Math.ceil(PAYLOADS.length / PER_ANSWER) }, (_, at) => PAYLOADS.slice(at * PER_ANSWER, (at + 1) * PER_ANSWER).join('\n\n'))

describe.skipIf(!hasChromium)('hostile text', () => {
  let app: App
  let stub: ModelStub
  let context: BrowserContext
  let page: Page
  let database = ''
  const dialogs: string[] = []

  beforeAll(async () => {
    stub = await modelStub((message) => inPieces(answers[Number(/answer number (\d+)/.exec(message)?.[1] ?? 0)] ?? ''))
    app = await openApp(stub.environment)
    const { client } = app.server
    database = (await client.call('createDatabase', { body: { name: 'hostile', description: ONE_LINE.join(' ').slice(0, 1900) } })).id
    const files = ONE_LINE.map((text, at) => ({
      name: `${text.replaceAll(/[/\\]/g, '∕')}.md`.slice(0, 200),
      externalId: `hostile-${at}`,
      title: text,
      metadata: { [`field${at}`]: text },
      content: new Blob([`# ${text}\n\nThe answer number of everything is told here.\n\n${PAYLOADS.slice(at * 20, at * 20 + 20).join('\n\n')}`]),
    }))
    await client.upload('addDocuments', { parameters: { database }, fields: {}, files })
    await app.server.idle(database)
    context = await app.signedIn()
    page = await context.newPage()
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await page.addInitScript(() => {
      const breaches: string[] = []
      Object.assign(globalThis, { breaches })
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => breaches.push(`${violatedDirective} ${blockedURI}`))
    })
  })
  afterAll(async () => {
    await app?.close()
    await stub?.close()
  })

  /** Nothing ran, nothing was asked of another host, nothing was even tried. */
  async function untouched(where: string): Promise<void> {
    const told = await page.evaluate(() => {
      const { hit, breaches } = globalThis as unknown as { hit?: number; breaches: string[] }
      return { hit, breaches }
    })
    expect([where, told, dialogs, app.foreign, app.trouble]).toEqual([where, { hit: undefined, breaches: [] }, [], [], []])
  }

  test(`${PAYLOADS.length} texts in answers: streamed as stored, and none of them runs`, async () => {
    expect(PAYLOADS.length).toBeGreaterThanOrEqual(1000)
    expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
    const streamed: string[] = []
    await page.goto(`/chat/?database=${database}`)
    for (const [at] of answers.entries()) {
      await page.getByRole('textbox', { name: CHAT.question }).fill(`What is the answer number ${at}?`)
      await page.keyboard.press('Enter')
      const answer = page.getByRole('article', { name: CHAT.answer }).nth(at)
      await answer.getByRole('button', { name: CHAT.regenerate }).waitFor({ timeout: 60_000 })
      streamed.push(await answer.locator(DRAWN).first().innerHTML())
      await untouched(`answer ${at}`)
    }
    expect(streamed.every((html) => html.length > 100)).toBe(true)
    await picture(page, 'hostile-answer')
    await page.waitForURL(/\/chat\/[^/?]+\/$/)
    await page.reload()
    await page
      .getByRole('article', { name: CHAT.answer })
      .nth(answers.length - 1)
      .waitFor()
    await settled(page)
    await page.waitForFunction(
      (drawn) => [...document.querySelectorAll('article[aria-label="Answer"]')].every((one) => one.querySelector(drawn) !== null),
      DRAWN,
    )
    const reloaded = await page
      .getByRole('article', { name: CHAT.answer })
      .evaluateAll((all, drawn) => all.map((one) => one.querySelector(drawn)?.innerHTML ?? ''), DRAWN)
    expect(reloaded).toHaveLength(streamed.length)
    for (const [at, html] of streamed.entries()) expect(reloaded[at], `answer ${at}`).toBe(html)
    await untouched('reloaded')
    const tags = await page
      .getByRole('article', { name: CHAT.answer })
      .evaluateAll((all) => [...new Set(all.flatMap((one) => [...one.querySelectorAll('[dir=auto] *')].map(({ tagName }) => tagName.toLowerCase())))])
    expect(tags.filter((tag) => /^(script|iframe|object|embed|link|meta|base|style|form|input|img|video|audio|svg|math|template|noscript)$/.test(tag))).toEqual(
      [],
    )
    const links = await page
      .getByRole('article', { name: CHAT.answer })
      .evaluateAll((all) =>
        all.flatMap((one) =>
          [...one.querySelectorAll('[dir=auto] a')].map((link) => [link.getAttribute('href') ?? '', link.getAttribute('rel') ?? '', link.textContent ?? '']),
        ),
      )
    expect(links.filter(([href = '', rel = '']) => !/^(https?:|mailto:)/.test(href) || !rel.includes('noopener'))).toEqual([])
  })

  test('names, titles, metadata and documents', async () => {
    const { client } = app.server
    const { documents } = await client.call('listDocuments', { parameters: { database }, query: { limit: 200 } })
    expect(documents.length).toBeGreaterThanOrEqual(40)
    const { id: publication } = await client.call('createPublication', {
      body: { title: ONE_LINE[3] ?? '', greeting: ONE_LINE.join(' ').slice(0, 900), databases: [database], sources: 'documents' },
    })
    await context.request.patch('/api/v1/me', { data: { name: ONE_LINE[3] }, headers: { origin: app.server.address } })
    const paths = [
      '/',
      '/databases/',
      `/databases/${database}/`,
      ...documents.slice(0, 12).map(({ id }) => `/databases/${database}/documents/${id}/`),
      `/databases/${database}/playground/?q=${encodeURIComponent(`everything ${ONE_LINE[3]}`)}`,
      `/databases/${database}/playground/?q=everything&filter=${encodeURIComponent(ONE_LINE[0] ?? '')}`,
      `/databases/${database}/settings/`,
      `/databases/${database}/access/`,
      `/databases/${encodeURIComponent(ONE_LINE[3] ?? '')}/`,
      '/settings/',
      '/settings/people/',
      '/settings/audit/',
      `/embed/${publication}`,
      `/shared/#${encodeURIComponent(ONE_LINE[3] ?? '')}`,
      `/#claim=${encodeURIComponent(ONE_LINE[3] ?? '')}`,
    ]
    for (const path of paths) {
      await page.goto(path, { waitUntil: 'networkidle' })
      await settled(page)
      await untouched(path)
    }
  })
})
