import fc from 'fast-check'
import type { Checkpoint, Checkpoints } from './graph.ts'
import { END, type Graph, type GraphEdge, type GraphEvent, SEALED } from './graph.ts'

/** What a sample graph holds: which nodes were at work, how often each loop was taken, and some JSON that must come through. */
export interface Walk {
  readonly trail: readonly string[]
  readonly loops: Readonly<Record<string, number>>
  readonly note: unknown
}
export interface Said {
  readonly node: string
  readonly count: number
}

export interface SampleNode {
  readonly name: string
  readonly says: number
  /** Nodes that it skips when a number of the trail is odd, or goes back so often; the next one otherwise. */
  readonly move:
    | { readonly kind: 'next' }
    | { readonly kind: 'skip'; readonly by: number }
    | { readonly kind: 'back'; readonly by: number; readonly times: number }
}
export type Sample = readonly SampleNode[]

export const START_WALK: Walk = { trail: [], loops: {}, note: { text: 'Ü\u{1f600}', list: [1, null, false] } }

const move = fc.oneof(
  fc.constant({ kind: 'next' } as const),
  fc.record({ kind: fc.constant('skip' as const), by: fc.integer({ min: 2, max: 3 }) }),
  fc.record({ kind: fc.constant('back' as const), by: fc.integer({ min: 0, max: 3 }), times: fc.integer({ min: 1, max: 3 }) }),
)
/** Small graphs that are whole, of straight lines, branches and loops that end. */
export const samples: fc.Arbitrary<Sample> = fc
  .uniqueArray(fc.constantFrom('a', 'route', 'held', 'from', '__start__', '__end__', 'x|y:z', 'ä b', '"<quoted>"', 'constructor'), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((names) => fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), says: fc.integer({ min: 0, max: 3 }), move }))))

type Work = (node: string, at: number) => void | Promise<void>

/** `work` is called in the middle of each step, after what the node says; `at` counts steps from 0 in this process. */
export function graphOf(sample: Sample, work: Work = () => undefined): Graph<Walk, Said> {
  let at = 0
  const nodes = Object.fromEntries(
    sample.map(({ name, says }) => [
      name,
      async (walk: Walk, tools: { emit(event: Said): Promise<void> }) => {
        for (let count = 0; count < says; count += 1) await tools.emit({ node: name, count })
        at += 1
        await work(name, at - 1)
        return after(walk, name)
      },
    ]),
  )
  return { name: 'sample', start: sample[0]?.name ?? '', nodes, edges: edgesOf(sample) }
}

function edgesOf(sample: Sample): Graph<Walk, Said>['edges'] {
  const nameAt = (index: number) => sample[index]?.name ?? END
  const edge = ({ name, move: how }: SampleNode, index: number): GraphEdge<Walk> => {
    if (how.kind === 'next') return nameAt(index + 1)
    const among = how.kind === 'skip' ? [nameAt(index + 1), nameAt(index + how.by)] : [nameAt(index + 1), nameAt(Math.max(0, index - how.by))]
    const [next = END, other = END] = among
    if (how.kind === 'skip') return { among, choose: ({ trail }) => (trail.length % 2 === 1 ? other : next) }
    return { among, choose: ({ loops }) => ((loops[`${name} `] ?? 0) <= how.times ? other : next) }
  }
  return Object.fromEntries(sample.map((node, index) => [node.name, edge(node, index)]))
}

function after({ trail, loops }: Walk, name: string): Partial<Walk> {
  // A blank behind the name: no name of what every object has.
  return { trail: [...trail, name], loops: { ...loops, [`${name} `]: (loops[`${name} `] ?? 0) + 1 } }
}

export type Told = { readonly type: 'event'; readonly event: Said } | { readonly type: 'step'; readonly node: string; readonly state: Walk }

/** What a run is to tell, from a node on. */
export function expected(sample: Sample, state: Walk = START_WALK, from: string = sample[0]?.name ?? ''): readonly Told[] {
  const edges = edgesOf(sample)
  const told: Told[] = []
  for (let [node, walk] = [from, state]; node !== END; ) {
    const says = sample.find(({ name }) => name === node)?.says ?? 0
    for (let count = 0; count < says; count += 1) told.push({ type: 'event', event: { node, count } })
    walk = { ...walk, ...after(walk, node) }
    told.push({ type: 'step', node, state: walk })
    const edge = edges[node] ?? END
    node = typeof edge === 'string' ? edge : edge.choose(walk)
  }
  return told
}

export function followerOf(sample: Sample, node: string, state: Walk): string {
  const edge = edgesOf(sample)[node] ?? END
  return typeof edge === 'string' ? edge : edge.choose(state)
}

/** Without times, which differ. */
export function plain(event: GraphEvent<Walk, Said>): Told {
  return event.type === 'event' ? event : { type: 'step', node: event.node, state: event.state }
}

export interface NotedCheckpoints extends Checkpoints {
  readonly held: Map<string, Checkpoint>
  /** Nodes in the order in which their states were kept. */
  readonly kept: string[]
}

/** In memory, with a place where a fault can be put. */
export function notedCheckpoints(fail: { keep?: unknown; remove?: unknown } = {}, held = new Map<string, Checkpoint>()): NotedCheckpoints {
  const kept: string[] = []
  return {
    held,
    kept,
    async keep(id, checkpoint) {
      await new Promise((resolve) => setImmediate(resolve))
      if (fail.keep !== undefined) throw fail.keep
      kept.push(checkpoint.node)
      if (held.get(id)?.node !== SEALED) held.set(id, checkpoint)
    },
    checkpoint: async (id) => held.get(id),
    checkpointsUnder: async (prefix) =>
      [...held].flatMap(([id, one]) => (id.startsWith(prefix) ? [{ ...one, id }] : [])).toSorted((one, other) => other.at - one.at),
    async claimCheckpoint(id, at, to) {
      const found = held.get(id)
      if (found?.at !== at) return false
      held.set(id, { ...found, at: to })
      return true
    },
    async sealCheckpoint(id) {
      const found = held.get(id)
      if (found === undefined || found.node === SEALED) return false
      held.set(id, { ...found, node: SEALED })
      return true
    },
    async removeCheckpoint(id) {
      if (fail.remove !== undefined) throw fail.remove
      held.delete(id)
    },
    sweepCheckpoints: async () => 0,
  }
}
