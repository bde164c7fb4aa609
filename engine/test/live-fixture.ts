import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerEvent, Citation } from '../src/domain/answer.ts'
import type { Cache } from '../src/ports/cache.ts'
import type { Flows } from '../src/server/flows.ts'
import { PASSAGE, TOLD, TRACE } from './server-fixture.ts'

// Answers that come in many pieces, and connections that break.

/** A question such as "40 words": so many pieces, one every few milliseconds. "hang": it says nothing more after its start. */
export function wordy(paceMs = 2) {
  const seen = { begun: 0, aborted: 0, said: 0 }
  async function* answer(question: string, databaseId: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    seen.begun += 1
    const stopped = () => {
      seen.aborted += 1
    }
    signal.addEventListener('abort', stopped)
    try {
      const count = Number(/^(\d+) words/.exec(question)?.[1] ?? 5)
      yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
      yield { type: 'passages-found', passages: [{ ...PASSAGE, databaseId }] }
      let text = ''
      for (let index = 1; index <= count; index += 1) {
        if (question.includes('hang')) await sleep(600_000, undefined, { signal })
        if (paceMs > 0) await sleep(paceMs, undefined, { signal })
        signal.throwIfAborted()
        const word = question.includes('large') ? `${index} ${'x'.repeat(60_000)} ` : `w${index} `
        text += word
        seen.said += 1
        yield { type: 'text-delta', text: word }
      }
      if (question.includes('fail')) {
        yield { type: 'answer-error', error: { code: 'model/unavailable', message: 'no', facts: {}, hint: 'none', retry: true } }
        return
      }
      const citation: Citation = {
        ...{ number: 1, databaseId, documentId: 'doc_1', revision: 1, chunkId: 'doc_1.1.0', externalId: 'leave.txt', name: 'leave.txt' },
        ...{ page: 1, headingPath: [], start: 0, end: PASSAGE.text.length, quote: PASSAGE.text, verdict: 'verified', reason: undefined },
      }
      yield { type: 'citation-found', citation }
      yield { type: 'answer-end', answered: true, text, citations: [citation], ...TOLD }
    } finally {
      signal.removeEventListener('abort', stopped)
    }
  }
  const ask: Flows['ask'] = (_, __, databaseId, { question }, signal) => answer(question, databaseId, signal)
  const askSeveral: Flows['askSeveral'] = (_, [place], { question }, signal) => answer(question, place?.databaseId ?? '', signal)
  return { seen, flows: { ask, askSeveral } }
}

/** One cache for several servers, as Redis is. */
export function sharedBy(cache: Cache): Cache {
  return { ...cache, isShared: true, close: async () => undefined }
}

/** Passes everything on, and breaks each connection after as many bytes of a reply as `next` says. */
export async function breakingProxy(target: string, next: () => number) {
  const { port, hostname } = new URL(target)
  const sockets = new Set<Socket>()
  let broken = 0
  const server = createServer((inward) => {
    const outward = connect(Number(port), hostname)
    let left = 0
    for (const socket of [inward, outward]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        inward.destroy()
        outward.destroy()
      })
    }
    inward.on('data', (piece) => {
      left = next() // a request on a kept connection begins anew
      outward.write(piece)
    })
    outward.on('data', (piece: Buffer) => {
      inward.write(piece.subarray(0, left))
      left -= piece.length
      if (left > 0) return
      broken += 1
      outward.destroy()
      inward.destroySoon()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    address: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    broken: () => broken,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
