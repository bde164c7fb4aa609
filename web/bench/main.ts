import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import type { BrowserContext, Page } from 'playwright-core'
import { type App, hasChromium, openApp } from '../test/browser/browser.ts'
import { modelStub } from '../test/browser/model-stub.ts'

// npm run bench:web: what the app costs a browser, on the real export and server. Writes web/bench/results.md.

/** Source: what Lighthouse calls a mid-range phone, relative to a desktop. */
const SLOWER = 4
const FRAME_MS = 1000 / 60
const DOCUMENTS = 10_000
const TOKENS = 1000
/** Together the frames of several seconds. */
const SCROLL_STEPS = 120

if (!hasChromium) throw new Error('The bench needs Chromium.')

interface Load {
  readonly screen: string
  readonly scriptBytes: number
  readonly firstPaintMs: number
  readonly blockedMs: number
  readonly shift: number
}

interface Frames {
  readonly what: string
  readonly shown: number
  readonly dropped: number
  readonly longestMs: number
}

const stub = await modelStub(function* () {
  for (let token = 0; token < TOKENS; token++) yield token % 40 === 39 ? '.\n\n' : ` word${token}`
}, 1000 / 100)
const app = await openApp({ ...stub.environment, QUARRY_SAMPLE: 'on' })
try {
  const { databases } = await app.server.client.call('listDatabases', {})
  const sample = databases[0]?.id ?? ''
  await app.server.idle(sample)
  const { documents } = await app.server.client.call('listDocuments', { parameters: { database: sample } })
  const pdf = documents.find(({ name }) => name.endsWith('.pdf'))?.id ?? ''
  const screens: readonly (readonly [string, string, boolean?])[] = [
    ['Sign in', '/', true],
    ['Dashboard', '/'],
    ['Databases', '/databases/'],
    ['New database', '/databases/new/'],
    ['Documents', `/databases/${sample}/`],
    ['Document (PDF)', `/databases/${sample}/documents/${pdf}/`],
    ['Playground', `/databases/${sample}/playground/?q=embedder`],
    ['Database settings', `/databases/${sample}/settings/`],
    ['Access', `/databases/${sample}/access/`],
    ['Database usage', `/databases/${sample}/usage/`],
    ['Chat', '/chat/'],
    ['Settings', '/settings/'],
    ['Models', '/settings/models/'],
    ['People', '/settings/people/'],
    ['About', '/settings/about/'],
  ]
  const loads: Load[] = []
  for (const [screen, path, stranger = false] of screens) loads.push(await load(app, screen, path, stranger))
  const frames = [...(await scrolled(app)), ...(await streamed(app, sample))]
  const text = report(loads, frames)
  writeFileSync(join(import.meta.dirname, 'results.md'), text)
  console.log(text)
} finally {
  await app.close()
  await stub.close()
}

async function slowed(context: BrowserContext, rate: number): Promise<Page> {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
  return page
}

/** The first view with an empty cache; the time that it counts is until nothing happened for two seconds. */
async function load(on: App, screen: string, path: string, stranger: boolean): Promise<Load> {
  const context = stranger ? await on.stranger() : await on.signedIn()
  const page = await slowed(context, SLOWER)
  await page.addInitScript(() => {
    const seen = { blocked: 0, shift: 0 }
    Object.assign(globalThis, { seen })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.blocked += Math.max(0, duration - 50)
    }).observe({ type: 'longtask', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) seen.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await page.goto(path, { waitUntil: 'networkidle' })
  await page.screenshot() // without a screen Chromium may not have told that it painted
  await page.waitForTimeout(2000)
  const told = await page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { blocked: number; shift: number } }
    const scripts = performance.getEntriesByType('resource').filter(({ name }) => /\.m?js(\?|$)/.test(name)) as PerformanceResourceTiming[]
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN
    return { ...seen, paint, scripts: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) }
  })
  await context.close()
  return { screen, scriptBytes: told.scripts, firstPaintMs: told.paint, blockedMs: told.blocked, shift: told.shift }
}

/** Begins to count the frames of a page; what it gives ends that. */
async function frameCounter(page: Page): Promise<() => Promise<{ shown: number; dropped: number; longest: number }>> {
  await page.evaluate((frame) => {
    const counted = { shown: 0, dropped: 0, longest: 0, last: performance.now(), on: true }
    Object.assign(globalThis, { counted })
    function next(now: number) {
      const passed = now - counted.last
      counted.last = now
      counted.shown++
      counted.dropped += Math.max(0, Math.round(passed / frame) - 1)
      counted.longest = Math.max(counted.longest, passed)
      if (counted.on) requestAnimationFrame(next)
    }
    requestAnimationFrame(next)
  }, FRAME_MS)
  return () =>
    page.evaluate(() => {
      const { counted } = globalThis as unknown as { counted: { shown: number; dropped: number; longest: number; on: boolean } }
      counted.on = false
      return counted
    })
}

async function scrolled(on: App): Promise<Frames[]> {
  const { client } = on.server
  const { id } = await client.call('createDatabase', { body: { name: 'ten-thousand' } })
  const encoder = new TextEncoder()
  for (let from = 0; from < DOCUMENTS; from += 5000) {
    const files = Array.from(
      { length: 5000 },
      (_, at) => [`note-${String(from + at).padStart(5, '0')}.txt`, encoder.encode(`Note ${from + at} about storage.`)] as const,
    )
    const content = new Blob([zipSync(Object.fromEntries(files)).slice().buffer])
    await client.upload('addDocuments', { parameters: { database: id }, fields: {}, files: [{ name: `notes-${from}.zip`, content }] })
  }
  for (;;) {
    const { documents } = await client.call('getDatabase', { parameters: { database: id } })
    if (documents.ready >= DOCUMENTS) break
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  const found: Frames[] = []
  for (const rate of [1, SLOWER]) {
    const context = await on.signedIn()
    const page = await slowed(context, rate)
    await page.goto(`/databases/${id}/`, { waitUntil: 'networkidle' })
    await page.mouse.move(640, 600)
    const stop = await frameCounter(page)
    for (let step = 0; step < SCROLL_STEPS; step++) {
      await page.mouse.wheel(0, 900)
      await page.waitForTimeout(30)
    }
    const { shown, dropped, longest } = await stop()
    found.push({ what: `list of ${DOCUMENTS.toLocaleString('en')} documents, ${rate} x slower`, shown, dropped, longestMs: longest })
    await context.close()
  }
  return found
}

async function streamed(on: App, database: string): Promise<Frames[]> {
  const found: Frames[] = []
  for (const rate of [1, SLOWER]) {
    const context = await on.signedIn()
    const page = await slowed(context, rate)
    await page.goto(`/chat/?database=${database}`, { waitUntil: 'networkidle' })
    await page.getByRole('textbox', { name: 'Your question' }).fill('How do I change the embedder of a database?')
    await page.keyboard.press('Enter')
    await page.getByText('word100', { exact: false }).first().waitFor()
    const stop = await frameCounter(page)
    await page
      .getByText(`word${TOKENS - 2}`, { exact: false })
      .first()
      .waitFor({ timeout: 60_000 })
    const { shown, dropped, longest } = await stop()
    found.push({ what: `answer of ${TOKENS.toLocaleString('en')} tokens at 100/s, ${rate} x slower`, shown, dropped, longestMs: longest })
    await context.close()
  }
  return found
}

function report(loads: readonly Load[], frames: readonly Frames[]): string {
  const rows = loads.map(
    ({ screen, scriptBytes, firstPaintMs, blockedMs, shift }) =>
      `| ${screen} | ${(scriptBytes / 1000).toFixed(0)} | ${Number.isNaN(firstPaintMs) ? 'not told' : firstPaintMs.toFixed(0)} | ${blockedMs.toFixed(0)} | ${shift.toFixed(3)} |`,
  )
  const smooth = frames.map(({ what, shown, dropped, longestMs }) => `| ${what} | ${shown} | ${dropped} | ${longestMs.toFixed(0)} |`)
  return [
    '# What the app costs a browser',
    '',
    `Made by \`npm run bench:web\` on ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}) with Chromium without a graphics card. The first view of each`,
    `screen with an empty cache, the processor slowed down ${SLOWER} times; server and browser share the machine.`,
    '',
    '| screen | script, kB compressed | first contentful paint, ms | blocked, ms | layout shift |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    '| what moves | frames shown | dropped | longest, ms |',
    '|---|---|---|---|',
    ...smooth,
    '',
  ].join('\n')
}
