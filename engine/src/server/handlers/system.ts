import { createHash } from 'node:crypto'
import { openApi } from '../../api/openapi.ts'
import type { previewRoutes } from '../../api/preview.ts'
import { referencePage } from '../../api/reference-page.ts'
import type { systemRoutes } from '../../api/system.ts'
import { DEFAULT_CHUNK_OVERLAP } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import { modelSettings } from '../../flows/model-settings.ts'
import type { Handlers, PageReply, Workshop } from '../handler.ts'
import { presentDraft } from '../present.ts'

const MIB = 1_048_576

export function systemHandlers({ world, flows, settings }: Workshop): Handlers<keyof typeof systemRoutes | keyof typeof previewRoutes> {
  // Made on first use: a server at rest need not hold them.
  let description: PageReply | undefined
  let reference: PageReply | undefined

  return {
    health: async () => ({ status: 'ok' }),

    async ready() {
      // Any answer will do; a store that cannot be asked throws.
      await world.queue.depth()
      return { status: 'ready' }
    },

    async listModels() {
      const [models, { embeddingModel }] = await Promise.all([world.embedders.list(), modelSettings(world)])
      return {
        models: models.map(({ name, where, ready, note }) => ({ name, where, ready, note })),
        chat: world.chat?.name ?? null,
        default_model: embeddingModel.value,
      }
    },

    async openapi() {
      description ??= { text: JSON.stringify(openApi()), headers: {} }
      return description
    },

    async reference() {
      reference ??= page(referencePage())
      return reference
    },

    async preview({ form, signal }) {
      const { chunk_size, chunk_overlap } = await form.lead()
      for await (const { name, mediaType, content } of form.files()) {
        const chunkOverlap = chunk_overlap ?? Math.min(DEFAULT_CHUNK_OVERLAP, Math.floor(chunk_size / 4))
        const shown = await flows.preview(
          world,
          { name, mediaType, content, maxBytes: settings.MAX_UPLOAD_MIB * MIB, chunkSize: chunk_size, chunkOverlap },
          signal,
        )
        return {
          media_type: shown.mediaType,
          title: shown.title ?? null,
          pages: shown.pages,
          characters: shown.characters,
          warnings: [...shown.warnings],
          chunks: shown.chunks.map(presentDraft),
        }
      }
      throw new AppError('request/invalid', { in: 'form', problems: ['file: is missing'] })
    },
  }
}

/** Only what stands in the page itself may run or style it: nothing is fetched from elsewhere. */
function page(html: string): PageReply {
  const hashes = (tag: 'script' | 'style') =>
    [...html.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(
      (match) =>
        `'sha256-${createHash('sha256')
          .update(match[1] ?? '')
          .digest('base64')}'`,
    )
  const policy = [
    "default-src 'none'",
    `style-src ${hashes('style').join(' ') || "'none'"}`,
    `script-src ${hashes('script').join(' ') || "'none'"}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return { text: html, headers: { 'content-security-policy': policy.join('; ') } }
}
