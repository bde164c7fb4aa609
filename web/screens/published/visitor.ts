import { AppError, type Client } from 'quarry-engine/client'

/** Keeps the token of a visitor. */
export interface TokenShelf {
  read(): string | undefined
  write(token: string | undefined): void
  /** Whether it is still there when the page is opened again. */
  lasts(): boolean
}

/** In the storage of this page, one per chat. Browsers may refuse it to a page in a frame: then a visit lasts as long as the page. */
export function tokenShelf(publication: string, storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): TokenShelf {
  const name = `quarry-visitor:${publication}`
  let memory: string | undefined
  let lasts = true
  return {
    read() {
      try {
        return storage().getItem(name) ?? memory
      } catch {
        lasts = false
        return memory
      }
    },
    write(token) {
      memory = token
      try {
        if (token === undefined) storage().removeItem(name)
        else storage().setItem(name, token)
      } catch {
        lasts = false
      }
    },
    lasts: () => lasts,
  }
}

export interface Visitor {
  /** Undefined: nothing was asked yet, so that there is nothing to read. */
  known(): boolean
  lasts(): boolean
  /** Does something as the visitor; begins a visit where there is none, and a new one, once, where the token no longer counts. */
  as<T>(work: (client: Client) => Promise<T>): Promise<T>
  /** Forgets the token. */
  leave(): void
}

interface VisitorOptions {
  readonly shelf: TokenShelf
  /** The client with a token, or as nobody. */
  readonly clientOf: (token: string | undefined) => Client
  readonly publication: string
}

export function visitorOf({ shelf, clientOf, publication }: VisitorOptions): Visitor {
  let beginning: Promise<string> | undefined

  async function begin(): Promise<string> {
    const { token } = await clientOf(undefined).call('startVisit', { parameters: { publication } })
    shelf.write(token)
    return token
  }
  /** One visit, however much asks for it at the same time. */
  async function token(): Promise<string> {
    const kept = shelf.read()
    if (kept !== undefined) return kept
    beginning ??= begin().finally(() => {
      beginning = undefined
    })
    return beginning
  }

  return {
    known: () => shelf.read() !== undefined,
    lasts: () => shelf.lasts(),
    async as(work) {
      const first = await token()
      try {
        return await work(clientOf(first))
      } catch (fault) {
        if (!(fault instanceof AppError) || fault.code !== 'auth/invalid') throw fault
        if (shelf.read() === first) shelf.write(undefined)
        return work(clientOf(await token()))
      }
    },
    leave: () => shelf.write(undefined),
  }
}
