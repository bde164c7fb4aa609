import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { COLLECTED, FIXTURES, hasCollected, until } from '../../../engine/test/end-to-end/server-process.ts'
import { ACCESS } from '../../strings/access.ts'
import { CHAT } from '../../strings/chat.ts'
import { DOCUMENTS } from '../../strings/documents.ts'
import { NEW_DATABASE } from '../../strings/new-database.ts'
import { PLAYGROUND } from '../../strings/playground.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { ANN, type App, hasChromium, openApp, picture } from './browser.ts'

// The path of somebody who has never seen Quarry, from the link that the server printed to a stranger who asks.

const FOLDER = hasCollected ? COLLECTED : FIXTURES
if (!hasCollected) console.warn('No collected documents beside this clone: the newcomer drops our own fixtures.')

/** PDFs, Word files, pages and one that is encrypted: what the collection calls so. */
function filesToDrop(): { readonly paths: string[]; readonly encrypted: string | undefined } {
  if (!hasCollected)
    return { paths: ['handbook.md', 'article.html', 'letter.eml', 'plants.csv'].map((name) => join(FOLDER, name)).filter(existsSync), encrypted: undefined }
  const rows = readFileSync(join(FOLDER, 'manifest.tsv'), 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  const named = (kind: RegExp, most: number) =>
    rows
      .filter((row) => kind.test(row[1] ?? '') && Number(row[2]) < 1_000_000 && existsSync(join(FOLDER, row[0] ?? '')))
      .slice(0, most)
      .map((row) => row[0] ?? '')
  const encrypted = rows.find((row) => row[1] === 'pdf-encrypted')?.[0]
  const names = [
    ...named(/^pdf-(born-digital|two-column|cjk|annotation|gov-report)$/, 8),
    ...named(/^docx$/, 6),
    ...named(/^html(-article)?$/, 4),
    ...(encrypted === undefined ? [] : [encrypted]),
  ]
  return { paths: names.map((name) => join(FOLDER, name)), encrypted }
}

describe.skipIf(!hasChromium)('a newcomer', () => {
  let app: App
  let context: BrowserContext
  let page: Page
  let database = ''
  const dropped = filesToDrop()

  beforeAll(async () => {
    app = await openApp({ QUARRY_SAMPLE: 'on' }, { claimed: false })
    context = await app.stranger()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    page = await context.newPage()
  })
  afterAll(async () => app?.close())
  beforeEach(({ task, onTestFailed }) => onTestFailed(() => picture(page, `failed-${task.name.slice(0, 30).replaceAll(/\W+/g, '-')}`)))

  test('claims the server with the link that it printed', async () => {
    await page.goto(`/#claim=${app.claimTicket()}`)
    await page.getByRole('heading', { name: SIGN_IN.claim.title }).waitFor()
    expect(page.url()).not.toContain('claim=')
    await picture(page, 'newcomer-1-claim')
    await page.getByLabel(SIGN_IN.email).fill(ANN.email)
    await page.getByLabel('Password', { exact: true }).fill(ANN.password)
    await page.getByRole('button', { name: SIGN_IN.claim.go }).click()
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor()
    await picture(page, 'newcomer-2-dashboard')
  })

  test('asks the sample, and a citation opens its source with the passage marked', async () => {
    // On a busy machine the sample may still be on its way: what is not read yet answers nothing.
    const { databases } = await app.server.client.call('listDatabases', {})
    await app.server.idle(databases[0]?.id ?? '')
    await page.getByRole('link', { name: 'Chat', exact: true }).first().click()
    const box = page.getByRole('textbox', { name: CHAT.question })
    await box.fill('How do I change the embedder of a database?')
    await box.press('Enter')
    const mark = page.getByRole('button', { name: /^Source 1: .*verified/ }).first()
    await mark.waitFor()
    await picture(page, 'newcomer-3-answer')
    await mark.click()
    await page.locator('mark, [data-highlight]').first().waitFor()
    await picture(page, 'newcomer-4-source')
    await page.keyboard.press('Escape')
  })

  test('makes a database by dropping files, and sees each of them arrive or why it did not', async () => {
    await page.goto('/databases/new/')
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(dropped.paths)
    await page.getByLabel(NEW_DATABASE.name, { exact: true }).fill('first files')
    await page.getByLabel(NEW_DATABASE.chunkList).or(page.getByText(NEW_DATABASE.previewFailed)).first().waitFor()
    await picture(page, 'newcomer-5-new-database')
    await page.getByRole('button', { name: NEW_DATABASE.createWith(dropped.paths.length) }).click()
    await page.waitForURL(/\/databases\/(?!new)[^/]+\/$/)
    database = new URL(page.url()).pathname.split('/')[2] ?? ''
    await page.getByRole('region', { name: /file/ }).first().waitFor()
    await picture(page, 'newcomer-6-arriving')
    await app.server.idle(database)
    await page
      .getByRole('table', { name: DOCUMENTS.list })
      .or(page.getByRole('grid', { name: DOCUMENTS.list }))
      .waitFor()
    const { documents } = await app.server.client.call('getDatabase', { parameters: { database } })
    expect(documents.ready).toBeGreaterThan(2)
    if (dropped.encrypted !== undefined) {
      expect(documents.failed).toBeGreaterThanOrEqual(1)
      await page
        .getByText(/password|encrypted/i)
        .first()
        .waitFor()
    }
    await picture(page, 'newcomer-7-documents')
  })

  test('searches it in the playground, and the address can be shared', async () => {
    await page.goto(`/databases/${database}/playground/`)
    await page.getByLabel(PLAYGROUND.question).fill('leave')
    await page.getByRole('button', { name: PLAYGROUND.run, exact: true }).click()
    await page.getByText(/\d+ passages? in /).waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe('leave')
    await picture(page, 'newcomer-8-playground')
    await page.reload()
    await page.getByText(/\d+ passages? in /).waitFor()
  })

  test('makes a key and uses it with the curl that the page shows', async () => {
    await page.goto(`/databases/${database}/access/`)
    await page.getByRole('button', { name: ACCESS.keys.create }).first().click()
    await page.getByLabel(ACCESS.keys.form.name, { exact: true }).fill('my program')
    const form = page.getByRole('dialog')
    for (const scope of [ACCESS.keys.scopes.query, ACCESS.keys.scopes.ask]) await form.getByLabel(scope, { exact: true }).check()
    await form.getByRole('button', { name: ACCESS.keys.form.action }).click()
    await page.getByText(ACCESS.keys.secret.text).waitFor()
    await picture(page, 'newcomer-9-key')
    const secret = (
      await page
        .getByRole('dialog')
        .locator('code, input[readonly]')
        .first()
        .evaluate((box) => (box instanceof HTMLInputElement ? box.value : (box.textContent ?? '')))
    ).trim()
    expect(secret).toMatch(/^qk_/)
    await page.getByRole('button', { name: ACCESS.keys.secret.done }).click()
    const curl = (await page.locator('pre code', { hasText: 'curl' }).first().textContent()) ?? ''
    expect(curl).toContain(secret)
    const { execFileSync } = await import('node:child_process')
    const told = JSON.parse(execFileSync('bash', ['-c', curl.replace(/^curl /, 'curl -s ')], { encoding: 'utf8' })) as {
      passages?: unknown[]
      results?: unknown[]
    }
    expect(told.passages ?? told.results).toBeInstanceOf(Array)
  })

  test('publishes a chat, and a stranger asks it', async () => {
    await page.goto(`/databases/${database}/access/`)
    await page.getByRole('button', { name: ACCESS.chats.create }).first().click()
    const form = page.getByRole('dialog')
    await form.getByLabel(ACCESS.chats.form.title, { exact: true }).fill('Ask our files')
    await form.getByRole('button', { name: ACCESS.chats.form.create, exact: true }).click()
    const { publications } = await until(async () => {
      const listed = await app.server.client.call('listPublications', {})
      return listed.publications.length > 0 ? listed : undefined
    }, 'the published chat')
    const stranger = await app.stranger({ width: 'phone' })
    const visit = await stranger.newPage()
    await visit.goto(`/embed/${publications[0]?.id}`)
    await visit.getByText('Ask our files').first().waitFor()
    const box = visit.getByRole('textbox', { name: CHAT.question })
    await box.fill('What is this about?')
    await box.press('Enter')
    await visit
      .getByRole('button', { name: /^Source 1: / })
      .or(visit.getByText(/none of them answers it|Nothing near|answers it/))
      .first()
      .waitFor()
    await picture(visit, 'newcomer-10-stranger')
    await stranger.close()
  })

  test('met no fault, no breach of the policy and no other host', () => {
    expect([app.trouble, app.foreign]).toEqual([[], []])
  })
})
