import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT } from '../../strings/chat.ts'
import { type App, axe, hasChromium, openApp, picture, settled, type Theme, WIDTHS, type Width } from './browser.ts'

// Every screen in both themes, on a phone and on a wide window: axe finds nothing, nothing scrolls sideways, nothing reaches
// another host. Each is kept as a picture.

interface Ids {
  readonly sample: string
  readonly empty: string
  readonly pdf: string
  readonly failed: string
  readonly conversation: string
  readonly publication: string
  readonly shared: string
}

/** Name of the picture, address, and whether it is for strangers. */
const SCREENS: readonly (readonly [string, (ids: Ids) => string, 'stranger'?])[] = [
  ['sign-in', () => '/', 'stranger'],
  ['claimed-link', () => '/#claim=qt_used', 'stranger'],
  ['invitation', () => '/#invitation=qt_x', 'stranger'],
  ['reset', () => '/#reset=qt_x', 'stranger'],
  ['dashboard', () => '/'],
  ['databases', () => '/databases/'],
  ['new-database', () => '/databases/new/'],
  ['documents', ({ sample }) => `/databases/${sample}/`],
  ['documents-empty', ({ empty }) => `/databases/${empty}/`],
  ['document-pdf', ({ sample, pdf }) => `/databases/${sample}/documents/${pdf}/`],
  ['document-failed', ({ empty, failed }) => `/databases/${empty}/documents/${failed}/`],
  ['document-unknown', ({ sample }) => `/databases/${sample}/documents/doc_unknown/`],
  ['playground', ({ sample }) => `/databases/${sample}/playground/?q=embedder&filter=${encodeURIComponent('@page >= 1')}`],
  ['playground-start', ({ sample }) => `/databases/${sample}/playground/`],
  ['database-settings', ({ sample }) => `/databases/${sample}/settings/`],
  ['access', ({ sample }) => `/databases/${sample}/access/`],
  ['evaluation', ({ sample }) => `/databases/${sample}/evaluation/`],
  ['database-usage', ({ sample }) => `/databases/${sample}/usage/`],
  ['database-unknown', () => '/databases/db_unknown/'],
  ['chat', () => '/chat/'],
  ['chat-conversation', ({ conversation }) => `/chat/${conversation}/`],
  ['chat-unknown', () => '/chat/conv_unknown/'],
  ['settings', () => '/settings/'],
  ['settings-models', () => '/settings/models/'],
  ['settings-people', () => '/settings/people/'],
  ['settings-limits', () => '/settings/limits/'],
  ['settings-audit', () => '/settings/audit/'],
  ['settings-about', () => '/settings/about/'],
  ['published-chat', ({ publication }) => `/embed/${publication}`, 'stranger'],
  ['shared-conversation', ({ shared }) => `/shared/#${shared}`, 'stranger'],
  ['not-found', () => '/nothing-here', 'stranger'],
]
const VIEWS: readonly (readonly [Theme, Width])[] = [
  ['light', 'desktop'],
  ['dark', 'desktop'],
  ['light', 'phone'],
  ['dark', 'phone'],
]

describe.skipIf(!hasChromium)('every screen', () => {
  let app: App
  let ids: Ids

  beforeAll(async () => {
    app = await openApp({ QUARRY_SAMPLE: 'on' })
    ids = await somethingToShow(app)
  })
  afterAll(async () => app?.close())

  describe.each(VIEWS)('%s, %s', (theme, width) => {
    let signedIn: BrowserContext
    let stranger: BrowserContext
    beforeAll(async () => {
      signedIn = await app.signedIn({ theme, width })
      stranger = await app.stranger({ theme, width })
    })
    afterAll(async () => {
      await signedIn.close()
      await stranger.close()
    })

    test.each(SCREENS.map(([name, pathOf, who]) => ({ name, pathOf, who })))('$name', async ({ name, pathOf, who }) => {
      const page = await (who === 'stranger' ? stranger : signedIn).newPage()
      await page.goto(pathOf(ids), { waitUntil: 'networkidle' })
      await settled(page)
      await picture(page, `${name}-${width}-${theme}`)
      expect(await axe(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'fits the window').toBe(true)
      expect(await page.locator('h1').count(), 'headings of the first level').toBe(1)
      await page.close()
    })
  })

  test('nothing is cut off or scrolls sideways at 320 px', async () => {
    const context = await app.signedIn({ width: 'phone' })
    const page = await context.newPage()
    await page.setViewportSize({ width: 320, height: 640 })
    const wide: string[] = []
    for (const [name, pathOf, who] of SCREENS) {
      if (who === 'stranger') continue
      await page.goto(pathOf(ids), { waitUntil: 'networkidle' })
      await settled(page)
      if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) wide.push(name)
    }
    expect(wide).toEqual([])
    await context.close()
  })

  test('a dialog, a menu and an open source are as accessible as what lies under them', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const context = await app.signedIn({ theme })
      const page = await context.newPage()
      await page.goto(`/chat/${ids.conversation}/`, { waitUntil: 'networkidle' })
      await page
        .getByRole('button', { name: /^Source 1: / })
        .first()
        .click()
      await settled(page)
      await picture(page, `open-source-desktop-${theme}`)
      expect(await axe(page)).toEqual([])
      await page.goto(`/databases/${ids.sample}/access/`, { waitUntil: 'networkidle' })
      await page.getByRole('button', { name: 'Make a key' }).first().click()
      await page.getByRole('heading', { name: 'Make a key' }).waitFor()
      await settled(page)
      await picture(page, `dialog-desktop-${theme}`)
      expect(await axe(page)).toEqual([])
      await context.close()
    }
  })

  test('no page had a fault, a breach of its policy or a request to another host', () => {
    expect([app.trouble, app.foreign]).toEqual([[], []])
    expect(Object.keys(WIDTHS)).toHaveLength(2)
  })
})

/** The sample read, a document that failed, a conversation with an answer, a published chat and a shared link. */
async function somethingToShow({ server, signedIn }: App): Promise<Ids> {
  const { client } = server
  const { databases } = await client.call('listDatabases', {})
  const sample = databases[0]?.id ?? ''
  await server.idle(sample)
  const { documents } = await client.call('listDocuments', { parameters: { database: sample } })
  const empty = (await client.call('createDatabase', { body: { name: 'only failures' } })).id
  await client.upload('addDocuments', { parameters: { database: empty }, fields: {}, files: [{ name: 'broken.pdf', content: new Blob(['%PDF-1.7 nothing']) }] })
  await server.idle(empty)
  const failed = (await client.call('listDocuments', { parameters: { database: empty } })).documents[0]?.id ?? ''
  const publication = (
    await client.call('createPublication', { body: { title: 'Ask the manual', greeting: 'What would you like to know?', databases: [sample] } })
  ).id

  // Conversations belong to people: Ann asks in her browser.
  const context = await signedIn()
  const page = await context.newPage()
  await page.goto(`/chat/?database=${sample}`)
  const box = page.getByRole('textbox', { name: CHAT.question })
  await box.fill('How do I change the embedder of a database?')
  await box.press('Enter')
  await page.waitForURL(/\/chat\/[^/?]+\/$/)
  await page
    .getByRole('button', { name: /^Source 1: / })
    .first()
    .waitFor()
  const conversation = new URL(page.url()).pathname.split('/')[2] ?? ''
  const made = await context.request.post(`/api/v1/conversations/${conversation}/link`, { data: {}, headers: { origin: server.address } })
  const shared = ((await made.json()) as { token: string }).token
  await context.close()
  return { sample, empty, pdf: documents.find(({ name }) => name.endsWith('.pdf'))?.id ?? '', failed, conversation, publication, shared }
}
