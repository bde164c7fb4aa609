import { expect, test } from 'vitest'
import { isErrorCode } from '../domain/errors.ts'
import { curlOf } from './describe.ts'
import { errorsOf, openApi } from './openapi.ts'
import { referencePage } from './reference-page.ts'
import { parametersOf, type RouteShape } from './route.ts'
import { ROUTES } from './routes.ts'

type Loose = { readonly [key: string]: Loose }
const description = openApi() as unknown as Loose
const ALL = Object.entries(ROUTES) as [string, RouteShape][]

test('the paths and operations are those of the table', () => {
  const described = Object.entries(description.paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(ALL.map(([, route]) => `${route.method} ${route.path}`).sort())
})

test('every reference leads somewhere, and every component is used', () => {
  const text = JSON.stringify(description)
  const wanted = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? ''))
  expect([...wanted].sort()).toEqual(Object.keys(description.components?.schemas ?? {}).sort())
  expect(text).not.toContain('$defs')
  expect(text).not.toContain('"$schema"')
})

test.each(ALL)('%s: path parameters are described, replies and errors are told', (name, route) => {
  const operation = description.paths?.[route.path]?.[route.method.toLowerCase()] as unknown as {
    operationId: string
    parameters: { name: string; in: string; required: boolean }[]
    responses: Record<string, unknown>
    requestBody?: { content: Record<string, unknown> }
    security?: unknown[]
  }
  expect(operation.operationId).toBe(name)
  expect(operation.parameters.filter((one) => one.in === 'path').map((one) => one.name)).toEqual(parametersOf(route.path))
  expect(operation.parameters.filter((one) => one.in === 'path').every((one) => one.required)).toBe(true)
  expect(Object.keys(operation.responses)).toContain(
    String(route.reply.kind === 'json' ? route.reply.status : route.reply.kind === 'redirect' ? 303 : route.reply.kind === 'socket' ? 101 : 200),
  )
  expect(operation.security === undefined).toBe(route.allow !== 'anyone')
  expect(Object.keys(operation.requestBody?.content ?? {})).toEqual([
    ...(route.body === undefined ? [] : ['application/json']),
    ...(route.form === undefined ? [] : ['multipart/form-data']),
    ...(route.bytes === true ? ['application/offset+octet-stream'] : []),
  ])
  expect(errorsOf(route).every(isErrorCode)).toBe(true)
})

test('the three routes that other programs rely on are exactly so', () => {
  expect(ROUTES.createDatabaseFromFiles).toMatchObject({ method: 'POST', path: '/api/v1/database/create' })
  expect(ROUTES.createDatabaseFromFiles.form.fields.parse({ name: 'x' })).toEqual({ name: 'x', chunk_size: 512 })
  expect(Object.keys(ROUTES.createDatabaseFromFiles.form.fields.shape)).toEqual(expect.arrayContaining(['name', 'model', 'chunk_size']))
  expect(ROUTES.createDatabaseFromFiles.form.fileName).toBe('files')
  expect(ROUTES.databaseStatus).toMatchObject({ method: 'GET', path: '/api/v1/database/{id}/status' })
  expect(ROUTES.queryById).toMatchObject({ method: 'POST', path: '/api/v1/database/{id}/query' })
  expect(ROUTES.queryById.body.parse({ query: 'x' })).toMatchObject({ query: 'x', n_results: 5 })
})

test.each(ALL.filter(([, route]) => route.body !== undefined && route.example !== undefined))('%s: the example is a body that the route takes', (_, route) => {
  expect(route.body?.safeParse(route.example).success).toBe(true)
})

test('the reference page shows every route with a command that names it', () => {
  const html = referencePage()
  for (const [name, route] of ALL) {
    expect(html).toContain(`id="${name}"`)
    expect(curlOf(route)).toContain('http://127.0.0.1:8000')
  }
  expect(html).not.toContain('<script')
})
