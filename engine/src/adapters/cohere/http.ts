import { field } from '../chat-wire.ts'
import { type Fetch, type Http, type HttpClock, httpClient } from '../http.ts'

/** What a reply says is paid for. */
export function billedUnits(reply: unknown): unknown {
  return field(field(reply, 'meta'), 'billed_units')
}

export interface CohereOptions {
  /** Such as https://api.cohere.com, without a path. */
  readonly baseUrl: string
  readonly apiKey: string
  /** Milliseconds: for one request, or for each piece of an answer. */
  readonly timeoutMs?: number
  readonly clock?: HttpClock
  /** Instead of the global one. */
  readonly fetch?: Fetch
}

export function cohereHttp(options: CohereOptions): Http {
  return httpClient({
    baseUrl: options.baseUrl.replace(/\/$/, ''),
    headers: { authorization: `Bearer ${options.apiKey}` },
    service: 'cohere',
    faults: { unavailable: 'model/unavailable', refused: 'model/refused' },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  })
}
