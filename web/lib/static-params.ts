/** The export builds each dynamic page once under `_`; the server puts it in place of every id. Rendered on a server it needs none. */
export function placeholder<Name extends string>(name: Name): () => Record<Name, string>[] {
  return () => (process.env.WEB_MODE === 'standalone' ? [] : [{ [name]: '_' } as Record<Name, string>])
}
