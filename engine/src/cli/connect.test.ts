import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connectTo, Unreachable } from './connect.ts'

const servers: Server[] = []
async function listen(reply: (request: IncomingMessage) => { status: number; headers?: Record<string, string>; body?: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { status, headers, body } = reply(request)
    response.writeHead(status, headers).end(body)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const signIn = (address: string) =>
  connectTo({ address, token: 'qs_token' }).client.call('signIn', { body: { email: 'ann@example.com', password: 'S3CRET password' } })

test.each([301, 302, 303, 307, 308])('a redirect (%i) takes neither password nor token anywhere', async (status) => {
  let asked = 0
  const other = await listen(() => {
    asked += 1
    return { status: 200, body: '{}' }
  })
  const address = await listen(() => ({ status, headers: { location: `${other}/api/v1/sessions` } }))
  const fault = await signIn(address).catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(Unreachable)
  expect((fault as Unreachable).says).toContain(other)
  expect(`${(fault as Unreachable).says}${String(fault)}`).not.toContain('S3CRET')
  expect(asked).toBe(0)
})

test('a server that is not there is told with its address and why', async () => {
  const address = await listen(() => ({ status: 200 }))
  await new Promise((resolve) => servers.splice(0)[0]?.close(resolve))
  const fault = await signIn(address).catch((error: unknown) => error)
  expect((fault as Unreachable).says).toBe(`The server at ${address} cannot be reached: nobody listens there.`)
})

test('the token is sent to the server that was named', async () => {
  const seen: (string | undefined)[] = []
  const address = await listen(({ headers }) => {
    seen.push(headers.authorization)
    return { status: 401, headers: { 'content-type': 'application/json' }, body: '{"error":{"code":"auth/invalid","message":"x","hint":"x","retry":false}}' }
  })
  await expect(connectTo({ address: `${address}/quarry`, token: 'qs_token' }).client.call('whoAmI', {})).rejects.toMatchObject({ code: 'auth/invalid' })
  expect(seen).toEqual(['Bearer qs_token'])
})
