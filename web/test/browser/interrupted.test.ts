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
/** The answer to a question with this word stands still before this one of its words, until it is let go. */
const [HELD, STILL] = ['Held', 10] as const
const BEN = { email: 'ben@example.com', password: 'wrong pony capacitor' } as const

describe.skipIf(!hasChromium)('interrupted', () => {
  let app: App
  let stub: ModelStub
  let context: BrowserContext
  let page: Page
  let database = ''
  let held = Promise.withResolvers<void>()

  beforeAll(async () => {
    stub = await modelStub(async function* (message) {
      for (let word = 0; word < WORDS; word++) {
        if (word === STILL && message.includes(HELD)) await held.promise
        yield `word${word} `
      }
      yield '[1].'
    }, 50)
    // A machine that is busy may take long to reload.
    app = await openApp({ ...stub.environment, STREAM_GRACE_SECONDS: '120' })
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

  /** Asks what is answered up to a word, and waits until that is there. */
  async function askHeld(on: Page, question: string) {
    held = Promise.withResolvers<void>()
    const asked: string[] = []
    on.on('request', (request) => request.method() === 'POST' && request.postData()?.includes(question) && asked.push(request.url()))
    const box = on.getByRole('textbox', { name: CHAT.question })
    await box.fill(question)
    await box.press('Enter')
    await underWay(on, question)
    return { box, asked }
  }
  const asking = (on: Page, question: string) => on.getByRole('heading', { level: 2, name: question })
  /** A question, and the newest answer, which goes on. */
  async function underWay(on: Page, question: string): Promise<void> {
    await asking(on, question).waitFor()
    const answer = on.getByRole('article', { name: CHAT.answer }).last()
    await answer.getByText(`word${STILL - 1} `).waitFor()
    expect(await answer.getByText(`word${STILL} `).count()).toBe(0)
    await on.getByRole('button', { name: CHAT.stop, exact: true }).waitFor()
  }
  /** The newest answer is complete and was kept. */
  async function complete(on: Page): Promise<void> {
    const answer = on.getByRole('article', { name: CHAT.answer }).last()
    await answer.getByRole('button', { name: CHAT.regenerate }).waitFor({ timeout: 60_000 })
    await answer.getByText(`word${WORDS - 1} `).waitFor()
  }
  /** The questions that the server keeps of the conversation in the address. */
  async function questionsKept(on: Page): Promise<readonly string[]> {
    await on.waitForURL(/\/chat\/[^/?]+\/$/)
    const reply = await on.context().request.get(`/api/v1/conversations/${new URL(on.url()).pathname.split('/')[2]}`)
    const { messages } = (await reply.json()) as { messages: { role: string; text: string }[] }
    return messages.filter(({ role }) => role === 'user').map(({ text }) => text)
  }

  test('a reload in the middle of a stream shows the question with its answer, which goes on to its last word', async () => {
    const before = await questionsKept(page)
    const question = `${QUESTION} ${HELD} again?`
    const { box, asked } = await askHeld(page, question)
    for (let times = 0; times < 2; times++) {
      await page.reload()
      await underWay(page, question)
    }
    expect(await box.inputValue()).toBe('')
    await picture(page, 'interrupted-taken-up')
    held.resolve()
    await complete(page)
    expect(await asking(page, question).count()).toBe(1)
    expect([await questionsKept(page), asked.length]).toEqual([[...before, question], 1])
    await page.reload()
    await complete(page)
    expect(await box.inputValue()).toBe('')
  })

  test('the first answer of a conversation, and one that another screen is looked at meanwhile, is taken up', async () => {
    const phone = await app.signedIn({ width: 'phone' })
    const tab = await phone.newPage()
    await tab.goto(`/chat/?database=${database}`)
    const question = `${QUESTION} ${HELD} first?`
    const { asked } = await askHeld(tab, question)
    await tab.reload()
    await underWay(tab, question)
    await picture(tab, 'interrupted-taken-up-phone')
    await tab.goto('/databases/')
    await tab.goto('/chat/')
    await underWay(tab, question)
    held.resolve()
    await complete(tab)
    expect([await questionsKept(tab), asked.length]).toEqual([[question], 1])
    // The same of a conversation that is not looked at when the page comes back.
    const kept = tab.url()
    const next = `${QUESTION} ${HELD} elsewhere?`
    await askHeld(tab, next)
    const taken = tab.waitForRequest((request) => request.method() === 'GET' && request.url().includes('/streams/'))
    await tab.goto(`/chat/?database=${database}`)
    await taken
    held.resolve()
    await tab.goto(kept)
    await complete(tab)
    expect(await questionsKept(tab)).toEqual([question, next])
    await phone.close()
  })

  test('an answer that was taken up is stopped as any other, and nothing of it is kept', async () => {
    const tab = await context.newPage()
    await tab.goto(`/chat/?database=${database}`)
    const question = `${QUESTION} ${HELD} stop?`
    const { box } = await askHeld(tab, question)
    await tab.reload()
    await underWay(tab, question)
    const stopped = tab.waitForResponse((reply) => reply.request().method() === 'DELETE' && reply.url().includes('/streams/'))
    await tab.getByRole('button', { name: CHAT.stop, exact: true }).click()
    expect((await stopped).status()).toBe(200)
    await tab.getByText(CHAT.stopped).waitFor()
    await tab.getByText(`word${STILL - 1} `).waitFor()
    await tab.reload()
    await tab.getByRole('heading', { name: CHAT.greeting }).waitFor()
    expect([await asking(tab, question).count(), await box.inputValue()]).toEqual([0, ''])
    await tab.close()
  })

  test('what the server has forgotten: a question without an answer is in the box again, a kept answer is shown', async () => {
    const tab = await context.newPage()
    const forgotten = { status: 404, json: { error: { code: 'stream/not-found', message: '', facts: {}, hint: '', retry: false } } }
    await tab.goto(`/chat/?database=${database}`)
    const { box } = await askHeld(tab, `${QUESTION} ${HELD} lost?`)
    await tab.route(/\/streams\//, (route) => route.fulfill(forgotten))
    await tab.reload()
    await tab.getByText(CHAT.notKept).waitFor()
    expect(await box.inputValue()).toBe(`${QUESTION} ${HELD} lost?`)
    await box.fill('')
    const question = `${QUESTION} ${HELD} kept?`
    await askHeld(tab, question)
    await tab.goto('about:blank')
    held.resolve()
    // Its conversation is the newest; its messages are stored together.
    const stored = async () => {
      const list = (await (await context.request.get('/api/v1/conversations')).json()) as { conversations: { id: string }[] }
      const newest = await context.request.get(`/api/v1/conversations/${list.conversations[0]?.id}`)
      return ((await newest.json()) as { messages: { text: string }[] }).messages.map(({ text }) => text)
    }
    await expect.poll(stored, { timeout: 30_000 }).toContain(question)
    await tab.goto('/chat/')
    await complete(tab)
    expect([await questionsKept(tab), await box.inputValue()]).toEqual([[question], ''])
    await tab.close()
  })

  test('who signs in next in the same tab sees nothing of it', async () => {
    const shared = await app.signedIn()
    const headers = { origin: app.server.address }
    const invited = await shared.request.post('/api/v1/invitations', { data: { email: BEN.email, role: 'member' }, headers })
    const ticket = /#invitation=(\S+)/.exec(((await invited.json()) as { link: string }).link)?.[1]
    const tab = await shared.newPage()
    await tab.goto(`/chat/?database=${database}`)
    const question = `${QUESTION} ${HELD} secret?`
    await askHeld(tab, question)
    await shared.clearCookies()
    const ben = await shared.request.post('/api/v1/invitations/accept', { data: { ticket, password: BEN.password, transport: 'cookie' }, headers })
    expect(ben.status()).toBe(201)
    const asked: string[] = []
    tab.on('request', (request) => asked.push(request.url()))
    await tab.goto('/chat/')
    await tab.getByRole('link', { name: CHAT.createDatabase }).waitFor() // he has none
    expect([await tab.getByText(question).count(), asked.filter((url) => url.includes('/streams/'))]).toEqual([0, []])
    held.resolve()
    await shared.close()
  })

  test('a visitor of a published chat who reloads it reads on', async () => {
    const { id } = await app.server.client.call('createPublication', { body: { title: 'Ask the notes', databases: [database] } })
    const stranger = await app.stranger({ width: 'phone' })
    const visit = await stranger.newPage()
    await visit.goto(`/embed/${id}`)
    for (const question of [`${QUESTION} ${HELD} first?`, `${QUESTION} ${HELD} second?`]) {
      const { box, asked } = await askHeld(visit, question)
      await visit.reload()
      await underWay(visit, question)
      await picture(visit, 'interrupted-taken-up-visitor')
      held.resolve()
      await complete(visit)
      expect([asked.length, await box.inputValue(), await asking(visit, question).count()]).toEqual([1, '', 1])
    }
    await visit.reload()
    await complete(visit)
    await stranger.close()
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
