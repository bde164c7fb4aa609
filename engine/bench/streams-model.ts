// A model as a process of its own: speaks as much of the OpenAI protocol as answers need, 50 tokens a second, and writes into each
// token when it was sent. Every stream keeps its own time.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [TOKENS, EVERY_MS] = [100, 20]

function chunk(choice: object, more: object = {}): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'bench', choices: [choice], ...more })}\n\n`
}

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const began = performance.now()
    const next = () => {
      if (response.destroyed) return
      if (sent === TOKENS) {
        response.write(chunk({ index: 0, delta: {}, finish_reason: 'stop' }))
        response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 9, completion_tokens: TOKENS } })}\n\n`)
        return response.end('data: [DONE]\n\n')
      }
      sent += 1
      response.write(chunk({ index: 0, delta: { content: ` ~${(performance.timeOrigin + performance.now()).toFixed(2)}` }, finish_reason: null }))
      setTimeout(next, Math.max(0, began + sent * EVERY_MS - performance.now()))
    }
    next()
  })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`))
