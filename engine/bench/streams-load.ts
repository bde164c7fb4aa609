// Readers as a process of their own, so that reading takes nothing from whoever is measured: node streams-load.ts MODE URL COUNT
// tells its figures as JSON: ms to the first token, and ms that each token was on its way.
import { Agent, request } from 'node:http'

const [mode = '', url = '', count = '1'] = process.argv.slice(2)
const TOKEN = 'bench-token-bench-token-bench-token-bench'
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
const body =
  mode === 'model'
    ? JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: 'x' }] })
    : JSON.stringify({ question: 'Which words are about leave in the handbook?' })

interface Read {
  readonly first: number
  readonly onTheWay: readonly number[]
}

function readOne(): Promise<Read> {
  const began = performance.now()
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...(mode === 'resumable' ? { 'quarry-resume': 'on' } : {}) }
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST', headers, agent }, (reply) => {
      let first: number | undefined
      let rest = ''
      let isWhole = false
      const onTheWay: number[] = []
      reply.setEncoding('utf8')
      reply.on('data', (piece: string) => {
        const now = performance.now()
        const frames = (rest + piece).split('\n\n')
        rest = frames.pop() ?? ''
        for (const frame of frames) {
          isWhole ||= frame.includes('[DONE]') || frame.includes('answer-end')
          if (frame.includes('answer-end')) continue // repeats the whole text
          for (const [, at] of frame.matchAll(/~(\d{13}\.\d\d)/g)) {
            first ??= now - began
            onTheWay.push(performance.timeOrigin + now - Number(at))
          }
        }
      })
      reply.on('end', () => (isWhole && first !== undefined ? resolve({ first, onTheWay }) : reject(new Error(`broken off with ${reply.statusCode}: ${rest}`))))
      reply.on('error', reject)
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const reads = await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    // Spread over a second: people do not ask in the same millisecond.
    await new Promise((resolve) => setTimeout(resolve, (index * 1000) / Number(count)))
    return readOne().catch(() => undefined) // told as one that failed
  }),
)
const whole = reads.filter((one) => one !== undefined)
console.log(JSON.stringify({ first: whole.map((one) => one.first), onTheWay: whole.flatMap((one) => one.onTheWay), failed: reads.length - whole.length }))
