import type { AnswerEvent } from '../../domain/answer.ts'
import { END, type Graph, type GraphEdge } from '../../ports/graph.ts'
import { condense } from './condense.ts'
import { grade, MOST_REWRITES, rewrite } from './grade.ts'
import { guardIn, guardOut } from './guard.ts'
import { retrieve } from './retrieve.ts'
import { route } from './route.ts'
import type { AnswerState } from './state.ts'
import { verify } from './verify.ts'
import type { Tools, Work } from './work.ts'
import { write } from './write.ts'

const NODES = {
  'guard-in': guardIn,
  route,
  condense,
  retrieve,
  grade,
  rewrite,
  write,
  verify,
  'guard-out': guardOut,
} as const satisfies Record<string, Node>

type Node = (work: Work, state: AnswerState, tools: Tools) => Promise<Partial<AnswerState>>

type NodeName = keyof typeof NODES

const EDGES: Readonly<Record<NodeName, GraphEdge<AnswerState>>> = {
  'guard-in': chosen(({ kind }) => (kind.of === 'refused' ? 'guard-out' : 'route'), 'route', 'guard-out'),
  route: 'condense',
  condense: chosen(({ kind }) => (kind.of === 'documents' ? 'retrieve' : 'write'), 'retrieve', 'write'),
  retrieve: 'grade',
  grade: chosen(({ enough, rewrites }) => (enough || rewrites >= MOST_REWRITES ? 'write' : 'rewrite'), 'write', 'rewrite'),
  rewrite: chosen(({ queries }) => (queries.length > 0 ? 'retrieve' : 'write'), 'retrieve', 'write'),
  write: 'verify',
  verify: 'guard-out',
  'guard-out': END,
}

/**
 * After these the state is kept, until the first word is written. Whatever may turn out otherwise the next time is among them, as
 * far as events tell of it: who goes on from there tells the same events as the run before did, up to the first word. What was
 * found is looked for again only where it was not judged yet.
 */
export const KEEP_AFTER: ReadonlySet<string> = new Set<NodeName>(['condense', 'grade', 'rewrite'])
/** Nothing that they tell is told again. */
const LAST_NODES: ReadonlySet<string> = new Set<NodeName>(['write', 'verify', 'guard-out'])

/** Longer it never is: each of the nodes before writing runs at most once per try. */
export const MOST_STEPS = 20

/** How an answer comes about. The nodes share `work`, which is read when they run. */
export function answerGraph(work: Work): Graph<AnswerState, AnswerEvent> {
  const nodes = Object.entries(NODES).map(([name, node]) => {
    const run = LAST_NODES.has(name) ? node : noting(node)
    return [name, (state: AnswerState, tools: Tools) => run(work, state, tools)]
  })
  return { name: 'answer', start: 'guard-in', nodes: Object.fromEntries(nodes), edges: EDGES }
}

/** With what was told and done so far in the state, where that is kept. */
function noting(node: Node): Node {
  return async (work, state, tools) => {
    if (work.request.runId === undefined) return node(work, state, tools)
    const told = [...state.told]
    const emit: Tools['emit'] = (event) => {
      if (event.type === 'answer-step') told.push(event.step)
      return tools.emit(event)
    }
    const change = await node(work, state, { ...tools, emit })
    return { ...change, told, noted: work.trace.noted() }
  }
}

function chosen(choose: (state: AnswerState) => NodeName, ...among: readonly NodeName[]): GraphEdge<AnswerState> {
  return { choose, among }
}
