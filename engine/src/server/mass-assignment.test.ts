import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { dumpOf } from '../../test/dump.ts'
import { ALL, contentOf, headersFor, pathOf, startTarget, target } from '../../test/route-requests.ts'
import type { TestServer } from '../../test/server-fixture.ts'
import type { RouteShape } from '../api/route.ts'

// No request sets what its route does not name: every column of every table is tried, in both spellings, on every route, in
// its body, its form and its query.

let server: TestServer
let names: readonly string[] = []
const counted = { routes: 0, columns: 0, body: 0, form: 0, query: 0, objects: 0 }

const MORE = [
  'role',
  'roles',
  'tenantId',
  'tenant_id',
  'isAdmin',
  'is_admin',
  'admin',
  'id',
  '_id',
  'userId',
  'owner',
  'scopes',
  'constructor',
  'prototype',
  'toString',
]

beforeAll(async () => {
  server = await startTarget()
  const tables = server.file.all("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => String(name))
  const columns = tables.flatMap((table) => server.file.all(`PRAGMA table_info("${table}")`).map(({ name }) => String(name)))
  names = [...new Set([...columns, ...columns.map(camel), ...MORE])]
  counted.columns = new Set(columns).size
})
afterAll(() => server.stop())

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The names that a shape does not have, so many at once that a reply names them all. */
function unknownTo(shapes: readonly Readonly<Record<string, unknown>>[]): string[][] {
  const packs: string[][] = [[]]
  for (const name of names.filter((one) => !shapes.some((shape) => Object.hasOwn(shape, one)))) {
    const pack = packs.at(-1) ?? []
    if ([...pack, name].join('"," "').length > 200) packs.push([name])
    else pack.push(name)
  }
  return packs
}

async function ask(route: RouteShape, content: RequestInit, query = ''): Promise<string> {
  const reply = await fetch(`${target.address}${pathOf(route)}${query}`, {
    method: route.method,
    ...content,
    headers: { ...headersFor(route), ...content.headers },
    redirect: 'manual',
  })
  const text = await reply.text()
  expect(`${reply.status} ${text}`.slice(0, 300), route.path).toMatch(/^400 .*request\/invalid/)
  return text
}

/** Each is named in the refusal: one that was taken beside others that were not would be missing there. */
function expectNamed(text: string, pack: readonly string[], where: string): void {
  const told = (JSON.parse(text) as { error: { facts: { problems: string[] } } }).error.facts.problems.join('\n')
  for (const name of pack) expect(told, `${where}: ${name}`).toContain(`"${name}"`)
}

function formOf({ form: shape }: RouteShape, extra: string): FormData {
  const form = new FormData()
  if (Object.hasOwn(shape?.fields.shape ?? {}, 'name')) form.append('name', 'never made')
  form.append(extra, 'owner')
  form.append(shape?.fileName ?? '', new Blob(['never kept']), 'a.txt')
  return form
}

const json = (body: string): RequestInit => ({ headers: { 'content-type': 'application/json' }, body })

describe('fields that a route does not know', () => {
  test.each(ALL.filter(([, route]) => route.body !== undefined))('%s, body', async (name, route) => {
    const before = dumpOf(server.file)
    for (const pack of unknownTo([route.body?.shape ?? {}])) {
      const more = Object.fromEntries(pack.map((one) => [one, /(?:At|_at|Until|_until)$/.test(one) ? 1 : 'owner']))
      expectNamed(await ask(route, json(JSON.stringify({ ...route.example, ...more }))), pack, name)
      counted.body += pack.length
    }
    for (const hidden of [
      '"__proto__":{"role":"owner","isAdmin":true}',
      '"constructor":{"prototype":{"isAdmin":true}}',
      '"\\u005f_proto__":{"isAdmin":true}',
    ]) {
      await ask(route, json(JSON.stringify(route.example ?? {}).replace(/^\{/, `{${hidden}${Object.keys(route.example ?? {}).length > 0 ? ',' : ''}`)))
      counted.body += 1
    }
    expect(Object.hasOwn(Object.prototype, 'isAdmin') || ({} as { isAdmin?: boolean }).isAdmin).toBeFalsy()
    expect(dumpOf(server.file), name).toEqual(before)
    counted.routes += 1
  })

  test.each(ALL.filter(([, route]) => route.form !== undefined))('%s, form', async (name, route) => {
    const { fields, fileFields } = route.form ?? { fields: z.object({}), fileFields: z.object({}) }
    const before = dumpOf(server.file)
    const blobs = server.stored().length
    for (const one of unknownTo([fields.shape, fileFields.shape]).flat()) {
      if (one in Object.prototype) continue
      expect(await ask(route, { body: formOf(route, one) }), one).toContain(`${one}: unknown`)
      counted.form += 1
    }
    expect(dumpOf(server.file), name).toEqual(before)
    expect(server.stored()).toHaveLength(blobs)
  })

  test.each(ALL.filter(([, route]) => route.form !== undefined))('%s, form: names that every object has are nothing', async (_, route) => {
    // What reads forms leaves them out and refuses the form at its end: what came before may have been taken in, as told.
    for (const one of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const { status } = await fetch(target.address + pathOf(route), { method: route.method, headers: headersFor(route), body: formOf(route, one) })
      expect([400, 422], one).toContain(status)
      expect(({} as { owner?: string }).owner).toBeUndefined()
      counted.form += 1
    }
  })

  test.each(ALL)('%s, query', async (name, route) => {
    const { headers, body } = contentOf(route)
    const before = dumpOf(server.file)
    for (const pack of unknownTo([route.query.shape])) {
      const query = new URLSearchParams(pack.map((one): [string, string] => [one, 'owner']))
      const content = { ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }) }
      expectNamed(await ask(route, content, `?${query}`), pack, name)
      counted.query += pack.length
    }
    expect(dumpOf(server.file), name).toEqual(before)
  })

  test('are closed out of every object within a body too', () => {
    for (const [name, { body, form }] of ALL) {
      for (const schema of [body, form?.fields, form?.fileFields]) {
        if (schema === undefined) continue
        for (const { path, open } of objectsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '')) {
          // What a caller labels his own documents with, the parts of a page's messages, and the conditions on those labels.
          if (!/\/(?:metadata|filter|parts)(?:\/|$)/.test(path)) expect(open, `${name}${path} takes fields that it does not know`).toBe(false)
          counted.objects += 1
        }
      }
    }
  })

  test('are counted', () => {
    console.log(`mass assignment: ${JSON.stringify(counted)}`)
    expect(counted.columns).toBeGreaterThan(100)
    expect(counted.body).toBeGreaterThan(5000)
    expect(counted.objects).toBeGreaterThan(counted.routes)
  })
})

interface JsonSchema {
  readonly [name: string]: unknown
}

function objectsOf(schema: JsonSchema, path: string): { readonly path: string; readonly open: boolean }[] {
  const isObject = schema.type === 'object'
  const below = Object.entries(schema).flatMap(([name, value]) => {
    if (typeof value !== 'object' || value === null) return []
    const here = name === 'properties' ? path : /^\d+$|Of$|^items$/.test(name) ? path : `${path}/${name}`
    if (Array.isArray(value)) return value.flatMap((one: unknown) => (typeof one === 'object' && one !== null ? objectsOf(one as JsonSchema, here) : []))
    return objectsOf(value as JsonSchema, here)
  })
  return isObject ? [{ path, open: schema.additionalProperties !== false }, ...below] : below
}
