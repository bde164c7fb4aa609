import { registerHooks } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { END, type Graph } from '../../ports/graph.ts'
import { notedCheckpoints } from '../../ports/graph-samples.contract.ts'

// A process of its own for the tests: tells which files of LangChain were loaded before and after the first run. What else it does,
// such as asking a service or printing, is seen from outside.
const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    if (url.includes('/@langchain/')) loaded.push(url)
    return next(url, context)
  },
})
const { langGraphs } = await import('./graph.ts')
const graphs = langGraphs({ checkpoints: notedCheckpoints(), now: () => 1 })
const before = loaded.length
const graph: Graph<{ readonly said: string }, string> = {
  name: 'quiet',
  start: 'a',
  nodes: {
    async a(_, { emit }) {
      await emit('the question')
      return { said: 'the answer' }
    },
  },
  edges: { a: { choose: () => END, among: [END, 'a'] } },
}
const events: unknown[] = []
for (let run = 0; run < 3; run += 1) {
  for await (const event of graphs.run(graph, { said: 'the question' }, { signal: new AbortController().signal })) events.push(event.type)
}
await pause(Number(process.argv[2] ?? '0')) // services are told in batches
console.log(JSON.stringify({ before, after: loaded.length, events }))
