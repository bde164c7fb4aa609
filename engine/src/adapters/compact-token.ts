/** Source: what the server takes for a credential; tokens with many groups stay under 4 KiB. */
export const TOKEN_LENGTH = 8192

export type Claims = Readonly<Record<string, unknown>>

/**
 * The parts of a signed token (RFC 7515, compact), unverified: nothing that stands in them is to be believed yet.
 * Undefined for whatever has another form, also for another spelling of the same bytes: a token has one text.
 */
export function readCompact(token: string): { readonly header: Claims; readonly payload: Claims } | undefined {
  if (token.length > TOKEN_LENGTH) return undefined
  const parts = token.split('.')
  const [head = '', body = '', signature = ''] = parts
  if (parts.length !== 3 || signature === '' || !parts.every(isCanonical)) return undefined
  const header = objectOf(head)
  const payload = objectOf(body)
  return header === undefined || payload === undefined ? undefined : { header, payload }
}

/** Whole seconds or fractions of them, as tokens give times; undefined for what is none. */
export function timeOf(claim: unknown): number | undefined {
  return typeof claim === 'number' && Number.isFinite(claim) && claim >= 0 && claim < 1e11 ? claim * 1000 : undefined
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function objectOf(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
