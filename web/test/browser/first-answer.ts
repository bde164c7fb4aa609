import { chromium } from 'playwright-core'
import { CHAT } from '../../strings/chat.ts'
import { SHELL } from '../../strings/shell.ts'
import { SIGN_IN } from '../../strings/sign-in.ts'
import { ANN, CHROMIUM, CHROMIUM_ARGUMENTS, picture } from './browser.ts'

// first-answer.ts LINK: opens the link that a fresh server printed, makes the account, asks the sample and waits for a
// checked citation: what the README promises.

const link = process.argv[2]
if (link === undefined) throw new Error('Which link?')
const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS] })
try {
  const page = await browser.newPage()
  await page.goto(link)
  await page.getByLabel(SIGN_IN.email).fill(ANN.email)
  await page.getByLabel('Password', { exact: true }).fill(ANN.password)
  await page.getByRole('button', { name: SIGN_IN.claim.go }).click()
  await page.getByRole('heading', { level: 1, name: SHELL.dashboard }).waitFor()
  await page.getByRole('link', { name: SHELL.chat, exact: true }).first().click()
  await page.getByRole('textbox', { name: CHAT.question }).fill('How do I change the embedder of a database?')
  await page.keyboard.press('Enter')
  await page
    .getByRole('button', { name: /^Source 1: .*verified/ })
    .first()
    .waitFor()
  await picture(page, 'fresh-clone-first-answer')
} finally {
  await browser.close()
}
