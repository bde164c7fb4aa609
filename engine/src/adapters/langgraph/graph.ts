import { AppError } from '../../domain/errors.ts'
import { type Checkpoint, type Checkpoints, END, type Graph, type GraphEvent, type GraphRun, type GraphRunner } from '../../ports/graph.ts'
import type { AtNode, Compiled } from './compiled.ts'
import { type Handover, handover } from './handover.ts'

const MOST_STEPS = 100
/** Made once: an abort without a reason takes a stack for a new one each time. */
const LEFT = new AppError('request/aborted')

export interface GraphRunnerOptions {
  readonly checkpoints: Checkpoints
  now(): number
  /** Told of a state that could not be removed after a run: it is swept later. */
  readonly onFault?: (fault: unknown) => void
}

/**
 * Runs graphs with LangGraph, which is loaded with the first one. It is given the nodes and the edges and decides what comes next;
 * events, steps and kept states go from the node to the reader by hand, so that a slow reader slows the node.
 */
export function langGraphs({ checkpoints, now, onFault = () => undefined }: GraphRunnerOptions): GraphRunner {
  const compiledOf = compiler()

  /** Node to begin at, and its state. */
  async function begin<State extends object, Event>(graph: Graph<State, Event>, state: State, { id, goOn }: GraphRun): Promise<readonly [string, State]> {
    const kept = goOn === true && id !== undefined ? await checkpoints.checkpoint(id) : undefined
    const edge = kept?.graph === graph.name && Object.hasOwn(graph.nodes, kept.node) ? graph.edges[kept.node] : undefined
    if (kept === undefined || edge === undefined) return [graph.start, state]
    const held = JSON.parse(kept.state) as State // what this same graph kept
    const { chosen } = await load()
    return [chosen(graph.name, kept.node, edge, held), held]
  }

  async function* run<State extends object, Event>(graph: Graph<State, Event>, state: State, options: GraphRun): AsyncGenerator<GraphEvent<State, Event>> {
    const { signal, id, conversationId, keepAfter, mostSteps = MOST_STEPS } = options
    signal.throwIfAborted()
    const out = handover<GraphEvent<State, Event>>()
    const leaving = new AbortController()
    const stopped = AbortSignal.any([signal, leaving.signal])
    const onStop = () => out.stop(stopped.reason)
    stopped.addEventListener('abort', onStop, { once: true })
    let kept: Promise<void> = Promise.resolve()
    const keep = (node: string, held: State): Promise<void> => {
      if (id === undefined || keepAfter?.has(node) !== true) return Promise.resolve()
      const checkpoint: Checkpoint = { graph: graph.name, node, state: JSON.stringify(held), at: now(), conversationId }
      kept = checkpoints.keep(id, checkpoint)
      return kept
    }
    try {
      const program = await compiledOf(graph)
      const [from, held] = await begin(graph, state, options)
      stopped.throwIfAborted()
      if (from !== END) void drive(program, from, held, atNodeOf(graph, out, stopped, keep, now, mostSteps), mostSteps, out)
      else out.end()
      for (let event = await out.take(); event !== undefined; event = await out.take()) yield event
    } finally {
      leaving.abort(LEFT)
      stopped.removeEventListener('abort', onStop)
      if (id !== undefined && !isClosing(signal)) await forget(id, kept)
    }
  }

  async function forget(id: string, kept: Promise<void>): Promise<void> {
    try {
      await kept.catch(() => undefined) // the run has thrown it
      await checkpoints.removeCheckpoint(id)
    } catch (fault) {
      onFault(fault)
    }
  }

  return { run }
}

/** One step: the node, what it changes, what is kept, what is told. */
function atNodeOf<State extends object, Event>(
  { name, nodes }: Graph<State, Event>,
  out: Handover<GraphEvent<State, Event>>,
  signal: AbortSignal,
  keep: (node: string, state: State) => Promise<void>,
  now: () => number,
  mostSteps: number,
): AtNode<State> {
  const tools = { signal, emit: (event: Event) => out.give({ type: 'event', event }) }
  let steps = 0
  return async (node, before) => {
    signal.throwIfAborted()
    steps += 1
    const work = nodes[node]
    if (work === undefined || steps > mostSteps) throw new AppError('internal', { graph: name, reason: `more than ${mostSteps} steps` })
    const [startedAt, began] = [now(), performance.now()]
    const state = { ...before, ...(await work(before, tools)) }
    // Of a run that has ended meanwhile nothing is kept.
    signal.throwIfAborted()
    await keep(node, state)
    await out.give({ type: 'step', node, startedAt, ms: performance.now() - began, state })
    return state
  }
}

/** Runs to the end; whatever is thrown on the way goes to the reader. */
async function drive<State, Told>(
  program: Compiled<State>,
  from: string,
  state: State,
  atNode: AtNode<State>,
  mostSteps: number,
  out: Handover<Told>,
): Promise<void> {
  try {
    await program.run(from, state, atNode, mostSteps)
    out.end()
  } catch (fault) {
    out.stop(fault)
  }
}

/**
 * Compiles graphs, those with the same edges once: nodes are taken from the graph that runs, so that one that is made anew for every
 * run, with other nodes under the same names, costs nothing.
 */
function compiler() {
  const known = new WeakMap<object, { readonly shape: string; readonly made: Promise<unknown> }>()
  return <State extends object, Event>(graph: Graph<State, Event>): Promise<Compiled<State>> => {
    const { name, start, nodes, edges } = graph
    const shape = JSON.stringify([name, start, Object.keys(nodes)])
    const found = known.get(edges)
    if (found?.shape === shape) return found.made as Promise<Compiled<State>> // of these very edges, and so of this state
    const made = load().then(({ compiled }) => compiled(graph))
    known.set(edges, { shape, made })
    made.catch(() => known.delete(edges)) // the next run may have more luck
    return made
  }
}

function load(): Promise<typeof import('./compiled.ts')> {
  return import('./compiled.ts')
}

/** The server closes: whoever comes back to it goes on with what was kept. */
function isClosing({ reason }: AbortSignal): boolean {
  return reason instanceof AppError && reason.code === 'server/closing'
}
