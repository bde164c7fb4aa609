import { END, type Graph, type GraphEdge } from './graph.ts'

/** What is wrong with a graph, a sentence each; none: it is whole. */
export function flawsOf<State extends object, Event>({ start, nodes, edges }: Graph<State, Event>): readonly string[] {
  const known = new Set(Object.keys(nodes))
  const flaws: string[] = []
  if (known.has(END)) flaws.push(`a node is called "${END}"`)
  if (!known.has(start)) flaws.push(`the start "${start}" is no node`)
  for (const name of known) if (!Object.hasOwn(edges, name)) flaws.push(`"${name}" leads nowhere`)
  for (const [from, edge] of Object.entries(edges)) {
    if (!known.has(from)) flaws.push(`an edge begins at "${from}", which is no node`)
    const targets = targetsOf(edge)
    if (targets.length === 0) flaws.push(`"${from}" leads nowhere`)
    for (const to of targets) if (to !== END && !known.has(to)) flaws.push(`"${from}" leads to "${to}", which is no node`)
  }
  const reached = reachedFrom(start, edges)
  for (const name of known) if (!reached.has(name)) flaws.push(`"${name}" is never reached`)
  if (!reached.has(END)) flaws.push('the end is never reached')
  return flaws
}

/** The graph as Mermaid text: nodes by name, edges that are always taken as lines, those that the state chooses as dashed ones. */
export function drawingOf<State extends object, Event>({ start, nodes, edges }: Graph<State, Event>): string {
  const ids = new Map(Object.keys(nodes).map((name, index) => [name, `n${index}`]))
  const idOf = (name: string) => (name === END ? 'finish' : (ids.get(name) ?? 'unknown'))
  const lines = ['flowchart TD', '  begin([question])', ...[...ids].map(([name, id]) => `  ${id}["${label(name)}"]`), '  finish([end])']
  lines.push(`  begin --> ${idOf(start)}`)
  for (const [from, edge] of Object.entries(edges)) {
    const arrow = typeof edge === 'string' ? '-->' : '-.->'
    for (const to of targetsOf(edge)) lines.push(`  ${idOf(from)} ${arrow} ${idOf(to)}`)
  }
  return lines.join('\n')
}

export function targetsOf<State>(edge: GraphEdge<State>): readonly string[] {
  return typeof edge === 'string' ? [edge] : edge.among
}

function reachedFrom<State>(start: string, edges: Readonly<Record<string, GraphEdge<State>>>): ReadonlySet<string> {
  const reached = new Set([start])
  for (const name of reached) {
    const edge = Object.hasOwn(edges, name) ? edges[name] : undefined
    if (edge !== undefined) for (const to of targetsOf(edge)) reached.add(to)
  }
  return reached
}

function label(name: string): string {
  return name.replace(/["<>&#\n]/g, (found) => `#${found.codePointAt(0)};`)
}
