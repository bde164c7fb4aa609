/**
 * Texts as SQLite keeps them: TEXT in general; a BLOB of UTF-16 where TEXT would change them (lone surrogates, NUL).
 */
export function keep(text: string): string | Uint8Array
export function keep(text: string | undefined): string | Uint8Array | null
export function keep(text: string | undefined): string | Uint8Array | null {
  if (text === undefined) return null
  return text.isWellFormed() && !text.includes('\0') ? text : new Uint8Array(Buffer.from(text, 'utf16le'))
}

export function kept(stored: string | Uint8Array): string {
  return typeof stored === 'string' ? stored : Buffer.from(stored).toString('utf16le')
}

const HEX_HASH = /^[0-9a-f]{64}$/

/** Half the size for what hashes are. */
export function keepHash(hash: string): string | Uint8Array {
  return HEX_HASH.test(hash) ? new Uint8Array(Buffer.from(hash, 'hex')) : hash
}

export function keptHash(stored: string | Uint8Array): string {
  return typeof stored === 'string' ? stored : Buffer.from(stored).toString('hex')
}
