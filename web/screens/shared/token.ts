/** The token behind the # of a link, alone or by name; undefined where there is none. */
export function tokenOf(fragment: string): string | undefined {
  const given = fragment.replace(/^#/, '')
  const token = given.includes('=') ? (new URLSearchParams(given).get('shared') ?? '') : given
  return token === '' ? undefined : token
}
