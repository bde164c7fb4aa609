import { CHAT_LAUNCHER } from '../api/chat-launcher.ts'
import { AppError } from '../domain/errors.ts'
import type { PageReply } from './handler.ts'
import type { WebFiles } from './web-files.ts'

/** The same for every chat: its title and all the rest come as JSON and are shown as text. Only listed pages may frame it. */
export function chatPage(web: WebFiles | undefined, origins: readonly string[]): PageReply {
  if (web === undefined) throw new AppError('request/unknown-route', { reason: 'this server runs without the web app' })
  const { text, policy } = web.page('embed/_/index.html')
  return {
    text,
    embeddable: true,
    headers: {
      // Origins were checked when they were listed: they hold no blank and no semicolon.
      'content-security-policy': `${policy}; frame-ancestors ${["'self'", ...origins].join(' ')}`,
      'cross-origin-resource-policy': 'cross-origin',
    },
  }
}

export function chatScript(): PageReply {
  return { text: CHAT_LAUNCHER, headers: { 'cross-origin-resource-policy': 'cross-origin' } }
}
