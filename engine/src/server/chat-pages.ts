import { createHash } from 'node:crypto'
import { CHAT_LAUNCHER } from '../api/chat-launcher.ts'
import { CHAT_PAGE, CHAT_STYLE } from '../api/chat-page.ts'
import { CHAT_SCRIPT } from '../api/chat-script.ts'
import type { PageReply } from './handler.ts'

const hashOf = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`
const SCRIPT_HASH = hashOf(CHAT_SCRIPT)
const STYLE_HASH = hashOf(CHAT_STYLE)

/** The same for every chat: its title and all the rest come as JSON and are shown as text. Only listed pages may frame it. */
export function chatPage(origins: readonly string[]): PageReply {
  const policy = [
    "default-src 'none'",
    `script-src ${SCRIPT_HASH}`,
    `style-src ${STYLE_HASH}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    // Origins were checked when they were listed: they hold no blank and no semicolon.
    `frame-ancestors ${["'self'", ...origins].join(' ')}`,
  ]
  return {
    text: CHAT_PAGE,
    embeddable: true,
    headers: { 'content-security-policy': policy.join('; '), 'cross-origin-resource-policy': 'cross-origin' },
  }
}

export function chatScript(): PageReply {
  return { text: CHAT_LAUNCHER, headers: { 'cross-origin-resource-policy': 'cross-origin' } }
}
