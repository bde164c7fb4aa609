import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT } from '../../strings/chat.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { UI } from '../../strings/ui.ts'
import { ANN, type App, hasChromium, openApp, picture } from './browser.ts'
import { type ModelStub, modelStub } from './model-stub.ts'

// Reloads and cuts in the middle of an ingestion and of a stream, back and forward, two tabs, the keyboard alone.

const FILES = 300
const WORDS = 60
const QUESTION = 'What is said about storage?'

describe.skipIf(!hasChromium)('interrupted', () => {
  let app: App
  let stub: ModelStub
  let context: BrowserContext
  let page: Page
  let database = ''

  beforeAll(async () => {
    stub = await modelStub(function* () {
      for (let word = 0; word < WORDS; word++) yield `word${word} `
      yield '[1].'
    }, 50)
    app = await openApp(stub.environment)
    const { client } = app.server
    database = (await client.call('createDatabase', { body: { name: 'notes' } })).id
    await client.upload('addDocuments', {
      parameters: { database },
      fields: {},
      files: [{ name: 'storage.md', content: new Blob(['# Storage\n\nStorage is said to be word0 word1 word2.']) }],
    })
    await app.server.idle(database)
    context = await app.signedIn()
    page = await context.newPage()
  })
  afterAll(async () => {
    await app?.close()
    await stub?.close()
  })

  test(`a reload in the middle of ${FILES} files: the server goes on, and the page shows it`, async () => {
    await page.goto('/databases/new/')
    const files = Array.from({ length: FILES }, (_, at) => ({
      name: `note-${at}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(`Note ${at} about storage and walls.`),
    }))
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(files)
    await page.getByLabel(NEW_DATABASE.name, { exact: true }).fill('many')
    await page.getByRole('button', { name: NEW_DATABASE.createWith(FILES) }).click()
    await page.waitForURL(/\/databases\/(?!new)[^/]+\/$/)
    const many = new URL(page.url()).pathname.split('/')[2] ?? ''
    const counts = async () => (await app.server.client.call('getDatabase', { parameters: { database: many } })).documents
    await expect.poll(async () => (await counts()).total, { timeout: 60_000 }).toBeGreaterThan(FILES / 4)
    page.once('dialog', (dialog) => void dialog.accept()) // the page warns while files are unsent
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'many' }).waitFor()
    // What was not sent yet is dropped again: nothing is doubled.
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(files)
    await expect.poll(async () => (await counts()).ready, { timeout: 120_000 }).toBe(FILES)
    expect((await counts()).total).toBe(FILES)
    await picture(page, 'interrupted-ingestion')
  })

  test('a stream that is cut keeps its words, and the same question can be asked again', async () => {
    await page.goto(`/chat/?database=${database}`)
    await page.getByRole('textbox', { name: CHAT.question }).fill(QUESTION)
    await page.keyboard.press('Enter')
    await page.getByText('word5 ').first().waitFor()
    await context.setOffline(true)
    await page.getByText(UI.offline).waitFor()
    await picture(page, 'interrupted-offline')
    await context.setOffline(false)
    await page.getByText(UI.offline).waitFor({ state: 'detached' })
    // The answer goes on, was kept by the server, or is asked for again: it must come to its end without a reload.
    const again = page.getByRole('button', { name: CHAT.askAgain })
    const done = page.getByRole('button', { name: CHAT.regenerate })
    await again.or(done).first().waitFor({ timeout: 60_000 })
    if (await again.isVisible()) await again.click()
    await done.first().waitFor({ timeout: 60_000 })
    await page
      .getByText(`word${WORDS - 1}`)
      .first()
      .waitFor()
  })

  test('a question that is sent before it is known which databases it asks leaves as soon as it is', async () => {
    const asked: string[] = []
    page.on('request', (request) => request.method() === 'POST' && request.postData()?.includes('Early?') && asked.push(request.postData() ?? ''))
    const known = Promise.withResolvers<void>()
    await page.route(/\/api\/v1\/databases\?/, (route) => known.promise.then(() => route.continue()))
    await page.goto(`/chat/?database=${database}`)
    const box = page.getByRole('textbox', { name: CHAT.question })
    await box.fill(`${QUESTION} Early?`)
    await box.press('Enter')
    await page.getByText(CHAT.held).waitFor()
    expect(await box.inputValue()).toBe(`${QUESTION} Early?`)
    expect(asked).toEqual([])
    known.resolve()
    await page.getByText('word3 ').first().waitFor()
    expect([await box.inputValue(), asked.length]).toEqual(['', 1])
    await page.unroute(/\/api\/v1\/databases\?/)
    await page.getByRole('button', { name: CHAT.regenerate }).first().waitFor({ timeout: 60_000 })
    await page.waitForURL(/\/chat\/[^/?]+\/$/)
  })

  test('a reload in the middle of a stream loses neither the question nor what was kept before', async () => {
    await page.waitForURL(/\/chat\/[^/?]+\/$/)
    const before = await page.getByRole('article', { name: CHAT.answer }).count()
    const box = page.getByRole('textbox', { name: CHAT.question })
    await box.fill(`${QUESTION} Again?`)
    await box.press('Enter')
    await page.getByRole('article', { name: CHAT.answer }).nth(before).getByText('word3 ').first().waitFor()
    await page.reload()
    await page
      .getByRole('article', { name: CHAT.answer })
      .nth(before - 1)
      .waitFor()
    await expect
      .poll(async () => (await box.inputValue()) === `${QUESTION} Again?` || (await page.getByRole('article', { name: CHAT.answer }).count()) > before, {
        timeout: 30_000,
      })
      .toBe(true)
  })

  test('stopping keeps what was written on the page and nothing at the server', async () => {
    await page.goto(`/chat/?database=${database}`)
    await page.getByRole('textbox', { name: CHAT.question }).fill(`${QUESTION} Stop`)
    await page.keyboard.press('Enter')
    await page.getByText('word3 ').first().waitFor()
    await page.getByRole('button', { name: CHAT.stop }).click()
    await page.getByText(CHAT.stopped).waitFor()
    expect(await page.getByText('word3').count()).toBeGreaterThan(0)
  })

  test('back and forward go through the screens as they were', async () => {
    await page.goto(`/databases/${database}/`)
    await page.getByRole('link', { name: 'Playground' }).click()
    await page.getByLabel(PLAYGROUND.question).fill('storage')
    await page.keyboard.press('Enter')
    await page.getByText(/\d+ passages? in /).waitFor()
    await page.getByRole('link', { name: 'Usage' }).click()
    await page.waitForURL(/\/usage\/$/)
    await page.goBack()
    await page.waitForURL(/playground\/\?q=storage/)
    await page.getByText(/\d+ passages? in /).waitFor()
    await page.goBack()
    await page.goForward()
    await page.getByText(/\d+ passages? in /).waitFor()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('notes')
  })

  test('two tabs: what one changes the other sees, and signing out of one ends both', async () => {
    const other = await context.newPage()
    await other.goto('/databases/')
    await other.getByText('notes').first().waitFor()
    const { client } = app.server
    await client.call('createDatabase', { body: { name: 'made elsewhere' } })
    await other.bringToFront()
    // What was read a moment ago counts as fresh.
    await other.waitForTimeout(5500)
    await other.evaluate(() => dispatchEvent(new Event('visibilitychange')))
    await other.getByText('made elsewhere').first().waitFor({ timeout: 30_000 })
    await page.bringToFront()
    await page.getByRole('button', { name: 'Sign out' }).first().click()
    await page.getByRole('heading', { name: SIGN_IN.title }).waitFor()
    await other.bringToFront()
    await other.getByRole('link', { name: 'Dashboard' }).first().click()
    await other.getByRole('heading', { name: SIGN_IN.title }).waitFor({ timeout: 30_000 })
    expect(await other.getByText('notes').count()).toBe(0)
    await other.close()
  })

  test('by keyboard alone: sign in, ask, open the source, close it, and the focus is where it was', async () => {
    await page.goto(`/chat/?database=${database}`)
    await page.getByLabel(SIGN_IN.email).waitFor()
    await page.keyboard.type(ANN.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(ANN.password)
    await page.keyboard.press('Enter')
    const box = page.getByRole('textbox', { name: CHAT.question })
    await box.waitFor()
    for (let step = 0; step < 40 && !(await box.evaluate((it) => it === document.activeElement)); step++) await page.keyboard.press('Tab')
    await page.keyboard.type(QUESTION)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: CHAT.regenerate }).waitFor({ timeout: 60_000 })
    const mark = page.getByRole('button', { name: /^Source 1: / }).first()
    for (let step = 0; step < 40 && !(await mark.evaluate((it) => it === document.activeElement)); step++) await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: CHAT.closeSource }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: CHAT.closeSource }).waitFor({ state: 'detached' })
    expect(await mark.evaluate((it) => it === document.activeElement)).toBe(true)
  })

  test('met no fault, no breach of the policy and no other host', () => {
    expect([app.trouble.filter((one) => !one.includes('ERR_INTERNET_DISCONNECTED')), app.foreign]).toEqual([[], []])
  })
})
