/** One argument of a POSIX shell, whatever it holds. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

interface CurlRequest {
  readonly address: string
  readonly path: string
  readonly body: unknown
  /** A key, or undefined for the variable QUARRY_KEY. */
  readonly key?: string | undefined
  /** Shows what comes as it comes. */
  readonly streams?: boolean
}

/** A request as a command line that works when it is pasted. */
export function curlOf({ address, path, body, key, streams = false }: CurlRequest): string {
  const authorization = key === undefined ? '"Authorization: Bearer $QUARRY_KEY"' : shellQuoted(`Authorization: Bearer ${key}`)
  const parts = [
    `curl ${streams ? '-N ' : ''}${shellQuoted(address + path)}`,
    `  -H ${authorization}`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${shellQuoted(JSON.stringify(body))}`,
  ]
  return parts.join(' \\\n')
}
