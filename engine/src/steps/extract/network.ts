import dgram from 'node:dgram'
import dns from 'node:dns'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'

const GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebSocketStream']

/**
 * Takes every way to the network out of this process, for good: Node's permission model does not cover it. Called
 * before any parser is loaded. Where the host allows it, the parent also starts the process without a network.
 */
export function closeNetwork(): void {
  const refuse = () => {
    throw new Error('The extraction process has no network.')
  }
  const seal = (holder: object, name: string): void => {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    if (descriptor?.configurable === false && descriptor.writable === false) return
    Object.defineProperty(holder, name, { value: refuse, writable: false, configurable: false, enumerable: true })
  }
  const sealAll = (module: object, keep: readonly string[] = []): void => {
    for (const name of Object.keys(module)) {
      const value: unknown = Object.getOwnPropertyDescriptor(module, name)?.value
      // Classes stay, so that libraries may extend them when they load; what they do is sealed below.
      if (typeof value === 'function' && !keep.includes(name) && !/^[A-Z]/.test(name)) seal(module, name)
    }
  }
  for (const method of ['connect', 'open', 'resetAndDestroy']) if (method in net.Socket.prototype) seal(net.Socket.prototype, method)
  for (const method of ['listen', '_listen2']) if (method in net.Server.prototype) seal(net.Server.prototype, method)
  for (const method of ['bind', 'connect', 'send', 'sendto', 'addMembership']) if (method in dgram.Socket.prototype) seal(dgram.Socket.prototype, method)
  for (const method of ['createConnection', 'createSocket', 'addRequest']) if (method in http.Agent.prototype) seal(http.Agent.prototype, method)
  for (const resolver of [dns.Resolver, dns.promises.Resolver]) {
    for (const method of Object.getOwnPropertyNames(resolver.prototype)) if (/^re/.test(method)) seal(resolver.prototype, method)
  }
  sealAll(net, ['isIP', 'isIPv4', 'isIPv6'])
  sealAll(dns.promises)
  for (const module of [tls, dgram, dns, http, https, http2]) sealAll(module)
  for (const [module, name] of [
    [http, 'ClientRequest'],
    [dgram, 'Socket'],
    [tls, 'TLSSocket'],
  ] as const)
    seal(module, name)
  for (const name of GLOBALS) {
    if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false })
  }
  syncBuiltinESMExports()
}
