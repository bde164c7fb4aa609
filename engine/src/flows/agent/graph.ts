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
} as const satisfies Record<string, (work: Work, state: AnswerState, tools: Tools) => Promise<Partial<AnswerState>>>

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

/** After these the state is kept: what was found is not looked for again by a server that goes on with it. */
export const KEEP_AFTER: ReadonlySet<string> = new Set<NodeName>(['retrieve', 'grade'])

/** Longer it never is: each of the nodes before writing runs at most once per try. */
export const MOST_STEPS = 20

/** How an answer comes about. The nodes share `work`, which is read when they run. */
export function answerGraph(work: Work): Graph<AnswerState, AnswerEvent> {
  const nodes = Object.entries(NODES).map(([name, node]) => [name, (state: AnswerState, tools: Tools) => node(work, state, tools)])
  return { name: 'answer', start: 'guard-in', nodes: Object.fromEntries(nodes), edges: EDGES }
}

function chosen(choose: (state: AnswerState) => NodeName, ...among: readonly NodeName[]): GraphEdge<AnswerState> {
  return { choose, among }
}
