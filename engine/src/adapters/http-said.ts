// What replies say when something went wrong, and how much of it may be shown.

/** What is told of a wait that nobody will sit out. */
const LONGEST_ASKED_SECONDS = 1_000_000_000

/** What must not be shown of headers: each value, as far as it holds no blanks, and its parts; the longest first. */
export function secretsIn(headers: Readonly<Record<string, string>>): string[] {
  const words = Object.values(headers).flatMap((value) => [...value.split(' '), ...value.split(/[\s,=/]+/)])
  return [...new Set(words)].filter((word) => word.length >= 8).sort((one, two) => two.length - one.length)
}

/** Seconds or an HTTP date; milliseconds from now. */
export function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+(\.\d+)?$/.test(header)) return Math.min(Number(header), LONGEST_ASKED_SECONDS) * 1000
  const time = Date.parse(header)
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now())
}

export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  if (code === 'ECONNREFUSED') return 'nothing listens at the address'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known'
  return code ?? (cause instanceof Error && cause.message === 'unexpected redirect' ? 'it redirects to another address' : 'the connection broke')
}

export async function textOf(content: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const piece of content) {
    parts.push(piece)
    length += piece.byteLength
    if (length >= limit) break
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

/** What an error body says, in the shapes that providers use. */
export function said(body: string): { readonly message: string; readonly code: string | undefined } {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { message: body.replace(/\s+/g, ' ').trim(), code: undefined } // an HTML page of a proxy, say
  }
  return saidIn(value) ?? { message: '', code: undefined }
}

export function saidIn(value: unknown): { readonly message: string; readonly code: string | undefined } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('error' in value && value.error !== null && value.error !== undefined) {
    if (typeof value.error === 'string') return { message: value.error, code: undefined }
    return saidIn(value.error) ?? { message: JSON.stringify(value.error), code: undefined }
  }
  const text = 'message' in value ? value.message : 'Message' in value ? value.Message : 'detail' in value ? value.detail : undefined
  const code = 'code' in value ? value.code : 'type' in value ? value.type : undefined
  if (text === undefined) return undefined
  return { message: typeof text === 'string' ? text : JSON.stringify(text), code: code === undefined || code === null ? undefined : String(code) }
}
