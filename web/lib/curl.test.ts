import { expect, test } from 'vitest'
import { curlOf, shellQuoted } from './curl.ts'

test('quotes survive the shell', () => {
  expect(shellQuoted("what's $HOME")).toBe("'what'\\''s $HOME'")
})

test('a request as a command line', () => {
  expect(curlOf({ address: 'http://x', path: '/api/v1/databases/db_1/query', body: { query: 'a "b"' } })).toBe(
    [
      `curl 'http://x/api/v1/databases/db_1/query' \\`,
      `  -H "Authorization: Bearer $QUARRY_KEY" \\`,
      `  -H 'Content-Type: application/json' \\`,
      `  -d '{"query":"a \\"b\\""}'`,
    ].join('\n'),
  )
  expect(curlOf({ address: '', path: '/', body: {}, key: 'qk_1', streams: true })).toContain(`curl -N '/' \\\n  -H 'Authorization: Bearer qk_1'`)
})
