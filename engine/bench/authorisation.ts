import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountCaller } from '../src/domain/caller.ts'
import { NO_EMBEDDER } from '../src/domain/database.ts'
import type { Presented } from '../src/ports/auth.ts'
import { OPEN_GATE } from '../src/server/gate.ts'
import { limitGate } from '../src/server/gate-limits.ts'
import { type RunningServer, startServer } from '../src/server/lifecycle.ts'
import { readSettings } from '../src/settings.ts'
import { type OpenWorld, OWNER_ID, openData, openWorld } from '../src/wire.ts'
import { keyFor, person, publicationOf, visitorOf } from '../test/people-fixture.ts'
import { chunksOf, load, newDatabase, quantiles, textSource, timed } from './http.ts'

const [KEYS, QUERIES, WARM_UP, CHECKS] = [100_000, 3_000, 300, 20_000]
const JWT_SECRET = 'bench-secret-bench-secret-bench-secret'

/** What deciding who may do what costs a query, and how long it takes to check each kind of credential. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-authorisation-'))
  const { settings } = readSettings({ QUARRY_DATA: folder, PORT: '0', JWT_SECRET, LOG_LEVEL: 'error' })
  const owned = await openData(settings)
  const log = { info: () => undefined, warn: console.error, error: console.error }
  const world = await openWorld(settings, 'api', { token: owned.token, signingKey: owned.signingKey, log })
  const servers: RunningServer[] = []
  try {
    const text = textSource()
    const database = await newDatabase(world, 'small', NO_EMBEDDER)
    await load(world, database, [chunksOf('doc_1', 100, text, () => undefined)], false)
    const owner = await person(world, 'member')
    await world.catalog.share(OWNER_ID, database.databaseId, owner.account.id, 'read')
    const credentials = await manyCredentials(world, owner.account.id, database.databaseId, owner.token)

    // The same server without: everybody is the owner, nothing is limited, nothing is counted.
    const everybody = accountCaller(OWNER_ID, 'owner', { kind: 'operator' })
    const bare = { ...world, auth: { ...world.auth, authenticate: async () => everybody }, ledger: { ...world.ledger, count: () => undefined } }
    const real = await startServer({ world, settings, gate: limitless(world, settings) })
    const without = await startServer({ world: bare, settings, gate: OPEN_GATE })
    servers.push(real, without)
    const ask = async (server: RunningServer, token: string) => {
      const reply = await fetch(`${server.address}/api/v1/databases/${database.databaseId}/query`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: text.words(3), n_results: 5 }),
      })
      if (!reply.ok) throw new Error(`answered with ${reply.status}: ${await reply.text()}`)
      await reply.arrayBuffer()
    }
    const times = { real: [] as number[], without: [] as number[] }
    const key = credentials.find(([name]) => name.startsWith('API key'))?.[1] ?? ''
    for (let index = 0; index < WARM_UP; index += 1) await Promise.all([ask(real, key), ask(without, key)])
    // In turn, so that both see the same machine.
    for (let index = 0; index < QUERIES; index += 1) {
      times.real.push(await timed(() => ask(real, key)))
      times.without.push(await timed(() => ask(without, key)))
    }
    const rows = [
      ['Query over HTTP with an API key, limits and counting', quantiles(times.real)],
      ['The same without authentication, limits and counting', quantiles(times.without)],
    ]
    for (const [name, credential] of credentials) rows.push([`Check of one ${name}, ${KEYS.toLocaleString('en')} keys stored`, await checks(world, credential)])
    rows.push(['The same for a key that does not exist', await checks(world, `qk_${'0'.repeat(16)}_${'0'.repeat(64)}`)])
    return `| what | measured |\n|---|---|\n${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
  } finally {
    for (const server of servers) await server.close()
    await world.close()
    owned.release()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The real gate with plans that never refuse: what it costs is measured, not what it refuses. */
function limitless(world: OpenWorld, settings: ReturnType<typeof readSettings>['settings']) {
  void world.ledger.updatePlan('plan_keys', { limits: { ...NONE, requestsPerMinute: 10_000_000 } })
  void world.ledger.updatePlan('plan_people', { limits: { ...NONE, requestsPerMinute: 10_000_000 } })
  return limitGate({ world, settings })
}
const NONE = {
  requestsPerDay: undefined,
  tokensPerMinute: undefined,
  tokensPerMonth: undefined,
  streams: undefined,
  storedBytes: undefined,
  spendPerDay: undefined,
  spendPerMonth: undefined,
}

async function manyCredentials(world: OpenWorld, accountId: string, databaseId: string, session: string): Promise<[string, string][]> {
  const { key, token } = await keyFor(world, accountId, { scopes: ['query', 'ask', 'read'] })
  for (let index = 1; index < KEYS; index += 1) {
    const made = world.secrets.make('qk')
    await world.keys.createKey({ ...key, id: made.id, prefix: `qk_${made.id}`, name: `key ${index}`, secretHash: made.secretHash })
  }
  const publication = await publicationOf(world, OWNER_ID, [databaseId])
  return [
    ['API key', token],
    ['session', session],
    ['visitor', (await visitorOf(world, publication.id)).token],
  ]
}

async function checks(world: OpenWorld, credential: string): Promise<string> {
  const presented: Presented = { credential, from: 'header', address: '127.0.0.1', origin: undefined }
  const times: number[] = []
  for (let index = 0; index < CHECKS; index += 1) {
    times.push(await timed(() => world.auth.authenticate(presented).catch(() => undefined))) // a wrong one is refused: that is what is timed
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => `${((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000).toFixed(0)} µs`
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`
}
