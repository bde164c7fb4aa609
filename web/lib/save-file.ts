/** Long enough for every browser to have taken the content. */
const KEPT_MS = 60_000

/** Saves content as a file of the browser; it is never opened under our address. */
export async function saveFile(content: ReadableStream<Uint8Array>, name: string, type: string): Promise<void> {
  const address = URL.createObjectURL(new Blob([await new Response(content).blob()], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS)
}
