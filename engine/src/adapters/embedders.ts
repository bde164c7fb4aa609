import { AppError } from '../domain/errors.ts'
import type { Embedder, Embedders, ModelInfo } from '../ports/embedder.ts'

/** One kind of models: the part of a name before the first ":". */
export interface ModelProvider {
  open(model: string, signal: AbortSignal): Promise<Embedder>
  list(): Promise<readonly ModelInfo[]>
  close(): Promise<void>
}

const OPEN_TIMEOUT_MS = 120_000

/** Embedders by `provider:model`. Each is opened once, also when several ask at the same time; a failed opening is tried anew. */
export function embedders(providers: Readonly<Record<string, ModelProvider>>): Embedders {
  const opened = new Map<string, Promise<Embedder>>()

  function start(name: string): Promise<Embedder> {
    const colon = name.indexOf(':')
    const [kind, model] = [name.slice(0, Math.max(0, colon)), name.slice(colon + 1)]
    const provider = Object.hasOwn(providers, kind) ? providers[kind] : undefined
    if (provider === undefined || model === '') {
      throw new AppError('model/unknown', { model: name.slice(0, 200), providers: Object.keys(providers) })
    }
    const opening = provider.open(model, AbortSignal.timeout(OPEN_TIMEOUT_MS))
    opened.set(name, opening)
    opening.catch(() => opened.delete(name))
    return opening
  }

  return {
    async open(name, signal) {
      signal.throwIfAborted()
      return beforeAbort(opened.get(name) ?? start(name), signal)
    },
    async list() {
      return (await Promise.all(Object.values(providers).map((provider) => provider.list()))).flat()
    },
    async close() {
      opened.clear()
      await Promise.all(Object.values(providers).map((provider) => provider.close()))
    },
  }
}

function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
