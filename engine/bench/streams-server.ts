// The server of the benchmark of streams, as a process of its own: told what to be in its arguments, tells its address on the output.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerEvent } from '../src/domain/answer.ts'
import { FLOWS, type Flows } from '../src/server/flows.ts'
import { startServer } from '../src/server/lifecycle.ts'
import { readSettings } from '../src/settings.ts'
import { openData, openWorld } from '../src/wire.ts'

const [folder = '', modelAddress = '', mode = ''] = process.argv.slice(2)
/** More connections than people have. */
const MANY = 100_000

/** Says three words and then nothing more. */
async function* held(signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: '0'.repeat(32) }
  for (const text of ['one ', 'two ', 'three ']) yield { type: 'text-delta', text }
  await sleep(3_600_000, undefined, { signal })
}

const ask: Flows['ask'] = (_world, _caller, _id, _request, signal) => held(signal)
const flows: Flows = mode === 'held' ? { ...FLOWS, ask } : FLOWS
const { settings } = readSettings({
  ...{ PORT: '0', QUARRY_DATA: folder, QUARRY_TOKEN: 'bench-token-bench-token-bench-token-bench', LOG_LEVEL: 'error' },
  ...{ OPENAI_BASE_URL: modelAddress, OPENAI_API_KEY: 'bench', CHAT_MODEL: 'openai:bench', QUARRY_WEB: 'off' },
})
const owned = await openData(settings)
const quiet = () => undefined
const log = { info: quiet, warn: console.error, error: console.error }
const world = await openWorld(settings, 'api', { token: owned.token, signingKey: owned.signingKey, log })
const server = await startServer({ world, settings, flows, sockets: { perAddress: MANY, perCaller: MANY } })
console.log(server.address)
process.once('SIGTERM', async () => {
  await server.close()
  await world.close()
  await owned.release()
  process.exit(0)
})
