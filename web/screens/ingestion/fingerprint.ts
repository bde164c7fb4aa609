/** How much of each end of a file is read to know it again. */
const KNOWN_BY_BYTES = 65_536
const PRIME = 0x01000193
const SEEDS = [0x811c9dc5, 0x9e3779b9] as const

/**
 * By what an upload that was cut off is found again after the tab was closed. Not a secret: plain arithmetic, because
 * browsers hash only on https and on this machine.
 */
export async function fingerprintOf(file: Blob & { readonly lastModified?: number }): Promise<string> {
  const start = await file.slice(0, KNOWN_BY_BYTES).arrayBuffer()
  const end = await file.slice(Math.max(KNOWN_BY_BYTES, file.size - KNOWN_BY_BYTES)).arrayBuffer()
  const sums = SEEDS.map((seed) => mixed(mixed(seed, new Uint8Array(start)), new Uint8Array(end)).toString(16))
  return ['web', file.size, file.lastModified ?? 0, ...sums].join('-')
}

function mixed(seed: number, bytes: Uint8Array): number {
  let sum = seed
  for (const byte of bytes) sum = Math.imul(sum ^ byte, PRIME)
  return sum >>> 0
}

/** The hash by which the server knows the content, where the browser can tell it; undefined elsewhere. */
export async function sha256Of(file: Blob): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) return undefined
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
