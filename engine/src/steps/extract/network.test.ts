import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

/** Each way to the network, tried against a listener of ours, so that a success would be seen on both sides. */
const WAYS: Readonly<Record<string, string>> = {
  'net.connect': "(await import('node:net')).connect(port, host)",
  'net.createConnection': "(await import('node:net')).default.createConnection(port, host)",
  'new net.Socket': "new (await import('node:net')).Socket().connect(port, host)",
  'a subclass of net.Socket': "new (class extends (await import('node:net')).Socket {})().connect(port, host)",
  'net.Server': "new (await import('node:net')).Server().listen(0)",
  'tls.connect': "(await import('node:tls')).connect(port, host)",
  'new tls.TLSSocket': "new (await import('node:tls')).TLSSocket()",
  'dgram.createSocket': "(await import('node:dgram')).createSocket('udp4').send('x', port, host)",
  'new dgram.Socket': "new (await import('node:dgram')).Socket('udp4').send('x', port, host)",
  'dns.lookup': "(await import('node:dns')).lookup('localhost', () => 0)",
  'dns.promises.resolve': "await (await import('node:dns')).promises.resolve('localhost')",
  'dns/promises': "await (await import('node:dns/promises')).resolve4('localhost')",
  'new dns.Resolver': "new (await import('node:dns')).Resolver().resolve4('localhost', () => 0)",
  'http.get': "(await import('node:http')).get(url)",
  'new http.ClientRequest': "new (await import('node:http')).ClientRequest(url)",
  'http.createServer': "(await import('node:http')).createServer().listen(0)",
  'https.request': "(await import('node:https')).request(url.replace('http', 'https')).end()",
  'http2.connect': "(await import('node:http2')).connect(url)",
  fetch: 'await fetch(url)',
  WebSocket: "new WebSocket(url.replace('http', 'ws'))",
  EventSource: 'new EventSource(url)',
  'require(http)': "(await import('node:module')).createRequire(import.meta.url)('http').get(url)",
  'putting fetch back': "Object.defineProperty(globalThis, 'fetch', { value: () => 0 })",
  'putting connect back': "(await import('node:net')).Socket.prototype.connect = () => 0; throw 0",
}

test('after closing it, no way leads to the network', async () => {
  let connections = 0
  const listener = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready))
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const tries = Object.entries(WAYS).map(([name, code]) => `try { ${code}; open.push(${JSON.stringify(name)}) } catch {}`)
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { closeNetwork } = await import(${JSON.stringify(resolve(import.meta.dirname, 'network.ts'))})
       closeNetwork()
       const port = ${port}; const host = '127.0.0.1'; const url = 'http://127.0.0.1:${port}/'; const open = []
       ${tries.join('\n')}
       await new Promise((done) => setTimeout(done, 100))
       process.stdout.write(JSON.stringify(open)); process.exit()`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  expect(JSON.parse(await text(child.stdout))).toEqual([])
  expect(connections).toBe(0)
  listener.close()
})
