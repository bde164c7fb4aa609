import { Runnable, type RunnableConfig } from '@langchain/core/runnables'
import { AsyncLocalStorageProviderSingleton as contexts } from '@langchain/core/singletons'
import { Annotation, END as LAST, START, StateGraph } from '@langchain/langgraph'
import { AppError } from '../../domain/errors.ts'
import { END, type Graph, type GraphEdge } from '../../ports/graph.ts'
import { flawsOf } from '../../ports/graph-shape.ts'
import { silentCallbacks } from './silent.ts'

// Everything that loads LangGraph: imported when the first graph is run.

// Around each step it would make a record for LangSmith, which nothing here reads and which is a quarter of what a run costs.
const runWithConfig = contexts.runWithConfig.bind(contexts)
contexts.runWithConfig = (config, work) => runWithConfig(config, work, true)

/** What a run does at a node: takes the state before it and gives the state after it. */
export type AtNode<State> = (node: string, state: State) => Promise<State>

export interface Compiled<State> {
  /** Runs from a node on, or from nowhere: then there is nothing to do. @throws what `atNode` throws */
  run(from: string, state: State, atNode: AtNode<State>, mostSteps: number): Promise<void>
}

/** @throws AppError internal when the graph is not whole */
export function compiled<State extends object, Event>(graph: Graph<State, Event>): Compiled<State> {
  const flaws = flawsOf(graph)
  if (flaws.length > 0) throw new AppError('internal', { graph: graph.name, reason: flaws.join('; ') })
  const Channels = Annotation.Root({ from: Annotation<string>(), held: Annotation<State>() })
  type Held = typeof Channels.State
  // LangGraph forbids some names and characters; ours are told by their place.
  const chains = chainsOf(graph)
  const placeOf = (name: string) => (name === END ? LAST : `chain-${chains.findIndex((chain) => chain.includes(name))}`)
  const places = [...chains.map((_, index) => `chain-${index}`), LAST]
  const router = new Plain<Held, string>(async ({ from }) => placeOf(from))
  const building = new StateGraph<(typeof Channels)['spec'], Held, Partial<Held>, string>(Channels)
  for (const chain of chains) {
    const work = ({ from, held }: Held, config: RunnableConfig) =>
      runOf<State>(config).by(async (atNode) => {
        const [state, next] = await through(graph, chain.slice(chain.indexOf(from)), held, atNode)
        return { from: next, held: state }
      })
    building.addNode(placeOf(chain[0]), new Plain<Held, Held>(work))
    building.addConditionalEdges(placeOf(chain[0]), router, places)
  }
  building.addConditionalEdges(START, router, places)
  const program = building.compile({ name: graph.name })
  return {
    async run(from, state, atNode, mostSteps) {
      const run = newRun(atNode)
      const callbacks = silentCallbacks()
      // What a graph may take is counted by whoever runs it; LangGraph counts the start too.
      const options = { configurable: { run }, recursionLimit: mostSteps + 10, ...(callbacks === undefined ? {} : { callbacks }) }
      await run.ended(program.invoke({ from, held: state }, options))
    },
  }
}

type Chain = readonly [string, ...string[]]

/**
 * Nodes that follow each other in any case are one step to LangGraph, whose steps cost more than most of ours. Each is in one chain at
 * least; where it is in several, a run takes the first.
 */
function chainsOf<State extends object, Event>({ start, edges }: Graph<State, Event>): readonly Chain[] {
  const heads = [start, ...Object.values(edges).flatMap((edge) => (typeof edge === 'string' ? [] : edge.among))]
  const chains: Chain[] = []
  for (const head of heads) {
    if (head === END || chains.some((chain) => chain.includes(head))) continue
    const chain: [string, ...string[]] = [head]
    for (let next = edges[head]; typeof next === 'string' && next !== END && !chain.includes(next); next = edges[next]) chain.push(next)
    chains.push(chain)
  }
  return chains
}

/** @returns the state after these nodes, and the one that follows */
async function through<State extends object, Event>(
  { name: graph, edges }: Graph<State, Event>,
  names: readonly string[],
  before: State,
  atNode: AtNode<State>,
): Promise<readonly [State, string]> {
  let [state, next] = [before, END]
  for (const name of names) {
    state = await atNode(name, state)
    next = chosen(graph, name, edges[name] ?? END, state)
  }
  return [state, next]
}

/** Work of ours inside LangGraph, which writes into the errors that it sees: those that are thrown by us go around it. */
interface Run<State> {
  by<T>(work: (atNode: AtNode<State>) => Promise<T>): Promise<T>
  ended(run: Promise<unknown>): Promise<void>
}

function newRun<State>(atNode: AtNode<State>): Run<State> {
  let thrown: { readonly fault: unknown } | undefined
  return {
    async by(work) {
      try {
        return await work(atNode)
      } catch (fault) {
        thrown = { fault }
        throw new Error('a step failed')
      }
    },
    async ended(run) {
      try {
        await run
      } catch (fault) {
        throw thrown === undefined ? fault : thrown.fault
      }
    },
  }
}

function runOf<State>({ configurable }: RunnableConfig): Run<State> {
  const { run } = configurable as { readonly run: Run<State> } // as it was given to `invoke`
  return run
}

/** @throws AppError internal when it is none of those that the edge names */
export function chosen<State>(graph: string, from: string, edge: GraphEdge<State>, state: State): string {
  if (typeof edge === 'string') return edge
  const to = edge.choose(state)
  if (!edge.among.includes(to)) throw new AppError('internal', { graph, reason: `"${from}" led to "${to}", which it does not name` })
  return to
}

/** A function as LangGraph takes it, without the bookkeeping that it puts around bare ones. */
class Plain<In, Out> extends Runnable<In, Out> {
  lc_namespace = ['quarry']
  readonly #work: (input: In, config: RunnableConfig) => Promise<Out>
  constructor(work: (input: In, config: RunnableConfig) => Promise<Out>) {
    super()
    this.#work = work
  }
  override invoke(input: In, config: RunnableConfig = {}): Promise<Out> {
    return this.#work(input, config)
  }
}
