/**
 * A graph of plain functions over one state, as data: it can be drawn, checked and run.
 *
 * Nodes   take the state and give what changes; the state is JSON throughout, so that it can be kept and gone on from.
 * Edges   one per node: where it goes on, always or by the state. `END` ends the run.
 */
export interface Graph<State extends object, Event> {
  readonly name: string
  readonly start: string
  readonly nodes: Readonly<Record<string, GraphNode<State, Event>>>
  readonly edges: Readonly<Record<string, GraphEdge<State>>>
}

export const END = 'end'

export type GraphNode<State, Event> = (state: State, tools: NodeTools<Event>) => Promise<Partial<State>>

export interface NodeTools<Event> {
  /** Resolves when whoever reads has taken it: a slow reader slows the node. @throws AbortError */
  emit(event: Event): Promise<void>
  readonly signal: AbortSignal
}

/** `among` are all that `choose` may give, for the drawing and for checks. */
export type GraphEdge<State> = string | { readonly choose: (state: State) => string; readonly among: readonly string[] }

export type GraphEvent<State, Event> =
  | { readonly type: 'event'; readonly event: Event }
  /** A node has ended; `state` is what holds after it. */
  | { readonly type: 'step'; readonly node: string; readonly startedAt: number; readonly ms: number; readonly state: State }

/**
 * Runs graphs.
 *
 * Order   events of a node come before its step; the last step is followed by the end of the stream.
 * Kept    after each node named in `keepAfter` the state is kept under `id`, before the step is told; a run that ended, by itself or
 *         by a fault, leaves nothing, unless it ended because the server closes. `goOn` starts with what was kept last, at the node
 *         that follows.
 * Ended   when the signal aborts, or when the reader leaves, at once: it is not waited for a node that does not listen.
 * Errors  what a node throws; the signal's reason when it aborts; AppError `internal` for a graph that is not whole, or that takes
 *         more than `mostSteps` steps; those of the store that keeps.
 */
export interface GraphRunner {
  run<State extends object, Event>(graph: Graph<State, Event>, state: State, options: GraphRun): AsyncIterable<GraphEvent<State, Event>>
}

export interface GraphRun {
  readonly signal: AbortSignal
  /** Under which its state is kept; undefined: nowhere. */
  readonly id?: string
  /** What is kept goes with this conversation. */
  readonly conversationId?: string
  readonly keepAfter?: ReadonlySet<string>
  /**
   * Of a run that a stopped process left behind: with what was kept last, instead of the state that is given. Where nothing was, or
   * where this graph has no such node any more, it begins at the start with the given state.
   */
  readonly goOn?: boolean
  /** By default 100. */
  readonly mostSteps?: number
}

/** Where states of runs are kept between steps. */
export interface Checkpoints {
  /** Replaces the one before, unless that is sealed. Nothing is kept for a conversation that is not there any more. */
  keep(id: string, checkpoint: Checkpoint): Promise<void>
  checkpoint(id: string): Promise<Checkpoint | undefined>
  /** Those whose id begins with this, the newest first; 100 at most. */
  checkpointsUnder(prefix: string): Promise<readonly (Checkpoint & { readonly id: string })[]>
  /** Takes over what stands there since `at`: its moment is `to` from then on, another one than `at`. True for one of all that ask at once. */
  claimCheckpoint(id: string, at: number, to: number): Promise<boolean>
  /** Nobody goes on with it any more, nor keeps a later one. True for the first of all calls, false where none is kept. */
  sealCheckpoint(id: string): Promise<boolean>
  removeCheckpoint(id: string): Promise<void>
  /**
   * Removes those of before the moment (epoch ms), of runs that nobody came back for, each with its conversation where nothing was
   * said in that yet. Returns how many.
   */
  sweepCheckpoints(before: number): Promise<number>
}

/** In the place of the node, of a checkpoint that is sealed. */
export const SEALED = ''

export interface Checkpoint {
  readonly graph: string
  /** The node that ended, or SEALED. */
  readonly node: string
  /** JSON. */
  readonly state: string
  readonly at: number // epoch ms
  /** It goes with this conversation; undefined: it stays until it is removed or swept. */
  readonly conversationId: string | undefined
}
