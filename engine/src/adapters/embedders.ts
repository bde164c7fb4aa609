import { beforeAbort } from '../domain/abort.ts'
import { AppError } from '../domain/errors.ts'
import type { Embedder, Embedders, ModelInfo } from '../ports/embedder.ts'

/** One kind of models: the part of a name before the first ":". */
export interface ModelProvider {
  open(model: string, signal: AbortSignal): Promise<Embedder>
  list(): Promise<readonly ModelInfo[]>
  close(): Promise<void>
}

/** A provider whose key or address may change: asked at each opening, it gives another provider when they have. */
export type ChangingProvider = () => Promise<ModelProvider>

const OPEN_TIMEOUT_MS = 120_000

/**
 * Embedders by `provider:model`. Each is opened once, also when several ask at the same time; a failed opening is tried anew,
 * and what was opened with a key or an address that has changed since is not given out any more.
 */
export function embedders(providers: Readonly<Record<string, ModelProvider | ChangingProvider>>): Embedders {
  let opened = new WeakMap<ModelProvider, Map<string, Promise<Embedder>>>()
  const current = async (provider: ModelProvider | ChangingProvider) => (typeof provider === 'function' ? provider() : provider)
  const currentAll = () => Promise.all(Object.values(providers).map(current))

  async function start(name: string): Promise<Embedder> {
    const colon = name.indexOf(':')
    const [kind, model] = [name.slice(0, Math.max(0, colon)), name.slice(colon + 1)]
    const found = Object.hasOwn(providers, kind) ? providers[kind] : undefined
    if (found === undefined || model === '') {
      throw new AppError('model/unknown', { model: name.slice(0, 200), providers: Object.keys(providers) })
    }
    const provider = await current(found)
    const known = opened.get(provider) ?? new Map<string, Promise<Embedder>>()
    opened.set(provider, known)
    const opening = known.get(model) ?? provider.open(model, AbortSignal.timeout(OPEN_TIMEOUT_MS))
    known.set(model, opening)
    opening.catch(() => known.get(model) === opening && known.delete(model))
    return opening
  }

  return {
    async open(name, signal) {
      signal.throwIfAborted()
      return beforeAbort(start(name), signal)
    },
    async list() {
      return (await Promise.all((await currentAll()).map((provider) => provider.list()))).flat()
    },
    async close() {
      opened = new WeakMap()
      await Promise.all((await currentAll()).map((provider) => provider.close()))
    },
  }
}
