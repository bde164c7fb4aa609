import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerGraph, KEEP_AFTER } from '../src/flows/agent/graph.ts'
import type { Work } from '../src/flows/agent/work.ts'
import { END, type Graph } from '../src/ports/graph.ts'
import { graphOf, type Said, samples, type Walk } from '../src/ports/graph-samples.contract.ts'
import { drawingOf, flawsOf } from '../src/ports/graph-shape.ts'
import { agentManual } from '../src/server/agent-manual.ts'

const graph = answerGraph({} as Work)
const node = async () => ({})
const of = (start: string, names: readonly string[], edges: Graph<Walk, Said>['edges']): Graph<Walk, Said> => ({
  name: 'g',
  start,
  nodes: Object.fromEntries(names.map((name) => [name, node])),
  edges,
})

test('the graph of an answer is whole, and keeps its state at nodes that it has', () => {
  expect(flawsOf(graph)).toEqual([])
  expect([...KEEP_AFTER].filter((name) => !Object.hasOwn(graph.nodes, name))).toEqual([])
})

test('docs/agent.md is what "npm run docs" makes', () => {
  expect(readFileSync(resolve(import.meta.dirname, '../../docs/agent.md'), 'utf8')).toBe(agentManual())
})

test('whole graphs have no flaws, and their drawing holds every node and every edge', () => {
  fc.assert(
    fc.property(samples, (sample) => {
      const made = graphOf(sample)
      expect(flawsOf(made)).toEqual([])
      const lines = drawingOf(made).split('\n')
      const names = Object.keys(made.nodes)
      const idOf = (name: string) => (name === END ? 'finish' : `n${names.indexOf(name)}`)
      for (const [from, edge] of Object.entries(made.edges)) {
        const arrow = typeof edge === 'string' ? '-->' : '-.->'
        for (const to of typeof edge === 'string' ? [edge] : edge.among) expect(lines).toContain(`  ${idOf(from)} ${arrow} ${idOf(to)}`)
      }
      expect(lines.filter((line) => /^ {2}n\d+\["/.test(line))).toHaveLength(names.length)
      expect(lines).toContain(`  begin --> ${idOf(made.start)}`)
      // Names stay within their labels.
      for (const line of lines.slice(2, 2 + names.length)) expect(line).toMatch(/^ {2}n\d+\["[^"\n]*"\]$/)
    }),
  )
})

test.each([
  ['a node that is never reached', of('a', ['a', 'b'], { a: END, b: END }), '"b" is never reached'],
  ['an edge to no node', of('a', ['a'], { a: { choose: () => END, among: [END, 'x'] } }), '"a" leads to "x", which is no node'],
  ['an edge from no node', of('a', ['a'], { a: END, x: END }), 'an edge begins at "x", which is no node'],
  ['a node without an edge', of('a', ['a'], {}), '"a" leads nowhere'],
  ['an edge among nothing', of('a', ['a'], { a: { choose: () => END, among: [] } }), '"a" leads nowhere'],
  ['a start that is no node', of('x', ['a'], { a: END }), 'the start "x" is no node'],
  ['no way to the end', of('a', ['a', 'b'], { a: 'b', b: 'a' }), 'the end is never reached'],
  ['a node called as the end', of(END, [END], { [END]: END }), 'a node is called "end"'],
  [
    'an edge to what every object has',
    of('a', ['a'], { a: { choose: () => END, among: [END, 'constructor'] } }),
    '"a" leads to "constructor", which is no node',
  ],
])('%s is found', (_, broken, flaw) => {
  expect(flawsOf(broken)).toContain(flaw)
})
