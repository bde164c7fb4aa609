import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { graphContract } from '../../ports/graph.contract.ts'
import { notedCheckpoints } from '../../ports/graph-samples.contract.ts'
import { langGraphs } from './graph.ts'

graphContract('LangGraph', (checkpoints) => langGraphs({ checkpoints, now: () => Date.now() }))

test('a state that could not be removed is told of', async () => {
  const told: unknown[] = []
  const graphs = langGraphs({ checkpoints: notedCheckpoints({ remove: 'full' }), now: () => 1, onFault: (fault) => void told.push(fault) })
  const graph = { name: 'g', start: 'a', nodes: { a: async () => ({}) }, edges: { a: 'end' } }
  for await (const event of graphs.run(graph, {}, { signal: new AbortController().signal, id: 'run' })) expect(event.type).toBe('step')
  expect(told).toEqual(['full'])
})

test('LangGraph is loaded with the first run, and no variable makes it tell anybody', async () => {
  const asked: string[] = []
  const service = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const on = ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING', 'LANGCHAIN_TRACING_V2', 'LANGCHAIN_VERBOSE']
  const env = {
    ...Object.fromEntries(on.map((name) => [name, 'true'])),
    ...Object.fromEntries(['LANGSMITH_ENDPOINT', 'LANGCHAIN_ENDPOINT'].map((name) => [name, address])),
    ...{ LANGSMITH_API_KEY: 'key', LANGCHAIN_API_KEY: 'key', LANGCHAIN_CALLBACKS_BACKGROUND: 'false' },
  }
  const entry = join(import.meta.dirname, 'quiet.fixture.ts')
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '600'], { env })
    expect(stderr).toBe('')
    expect(stdout.trim().split('\n')).toHaveLength(1) // nothing is printed but the result
    const { before, after, events } = JSON.parse(stdout)
    expect(before).toBe(0)
    expect(after).toBeGreaterThan(0)
    expect(events).toEqual(['event', 'step', 'event', 'step', 'event', 'step'])
    expect(asked).toEqual([])
  } finally {
    service.close()
  }
})
