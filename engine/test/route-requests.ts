import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { parametersOf, type RouteShape } from '../src/api/route.ts'
import { ROUTES } from '../src/api/routes.ts'
import { bearer, publicationOf, visitorOf } from './people-fixture.ts'
import { json, OWNER, serverForTest, type TestServer, TOKEN } from './server-fixture.ts'

// Requests made from the route table, so that no check can forget a new route.

export const ALL = Object.entries(ROUTES) as [string, RouteShape][]
export const GUARDED = ALL.filter(([, route]) => route.allow !== 'anyone')
export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }

/** The server and database that this file's requests go to. */
export const target = { address: '', database: { id: '' }, publication: 'none', visitor: '' }

export async function startTarget(): Promise<TestServer> {
  const server = await serverForTest()
  target.address = server.address
  target.database = await json(await send('POST', '/api/v1/databases', { name: 'handbook' }))
  await send('POST', `/api/v1/databases/${target.database.id}/documents`, { text: 'Leave is requested in the portal.', name: 'leave.txt' })
  const publication = await publicationOf(server.world, OWNER, [target.database.id], { sources: 'documents' })
  target.publication = publication.id
  target.visitor = (await visitorOf(server.world, publication.id)).token
  return server
}

/** A credential that the route takes. */
export function headersFor(route: RouteShape): Record<string, string> {
  return route.allow === 'visitor' ? { ...bearer(target.visitor) } : AUTHORIZED
}

export function send(method: string, path: string, body?: unknown, headers: Record<string, string> = AUTHORIZED): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(target.address + path, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...content })
}

export function pathOf(route: RouteShape, values: Record<string, string> = {}): string {
  return parametersOf(route.path).reduce((path, name) => path.replace(`{${name}}`, encodeURIComponent(values[name] ?? SAMPLE()[name] ?? 'none')), route.path)
}
const SAMPLE = (): Record<string, string> => ({
  database: target.database.id,
  id: target.database.id,
  document: 'leave.txt',
  version: 'ver_unknown',
  job: 'job_unknown',
  upload: 'up_unknown',
  publication: target.publication,
})

/** A request that the route takes, apart from its ids. */
export function contentOf(route: RouteShape): { headers?: Record<string, string>; body?: NonNullable<RequestInit['body']> } {
  if (route.body !== undefined) return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(route.example ?? {}) }
  if (route.bytes === true) return { headers: { 'content-type': 'application/offset+octet-stream' }, body: 'a piece' }
  if (route.form === undefined) return {}
  const form = new FormData()
  if (Object.hasOwn(route.form.fields.shape, 'name')) form.append('name', `n${randomBytes(4).toString('hex')}`)
  form.append(route.form.fileName, new Blob(['some text']), 'a.txt')
  return { body: form }
}

/** Sends raw bytes and gives all that comes back until the server closes, or `enough` is found. */
export function raw(bytes: string | Buffer, options: { readonly enough?: RegExp; readonly address?: string } = {}): Promise<{ text: string; closed: boolean }> {
  const { port, hostname } = new URL(options.address ?? target.address)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    const end = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed })
    }
    const timer = setTimeout(() => end(false), 5000)
    socket.on('data', (piece) => {
      text += piece
      if (options.enough?.test(text) === true) end(false)
    })
    socket.on('error', () => end(true))
    socket.on('end', () => end(true))
    socket.on('close', () => end(true))
    socket.write(bytes)
  })
}
