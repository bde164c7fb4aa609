import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { type Checkpoints, END, type Graph, type GraphEvent, type GraphRun, type GraphRunner } from './graph.ts'
import {
  expected,
  followerOf,
  graphOf,
  notedCheckpoints,
  plain,
  type Said,
  type Sample,
  START_WALK,
  samples,
  type Told,
  type Walk,
} from './graph-samples.contract.ts'

export type OpenGraphs = (checkpoints: Checkpoints) => GraphRunner

const never = new AbortController().signal
const turn = () => new Promise((resolve) => setImmediate(resolve))
const stepsOf = (told: readonly Told[]) => told.filter((each) => each.type === 'step')

/** What was told until the end or the fault, and the fault. */
async function read(run: AsyncIterable<GraphEvent<Walk, Said>>, onEach: (count: number) => void | Promise<void> = () => undefined) {
  const told: Told[] = []
  try {
    for await (const event of run) {
      told.push(plain(event))
      await onEach(told.length)
    }
  } catch (fault) {
    return { told, fault }
  }
  return { told }
}

export function graphContract(name: string, open: OpenGraphs, { runs = 25 }: { readonly runs?: number } = {}): void {
  describe(`${name} keeps the promises of GraphRunner`, () => {
    const start = (sample: Sample, options: Partial<GraphRun> = {}, checkpoints: Checkpoints = notedCheckpoints()) =>
      open(checkpoints).run(graphOf(sample), START_WALK, { signal: never, ...options })
    const check = <Ts>(property: fc.IAsyncPropertyWithHooks<Ts>) => fc.assert(property, { numRuns: runs })

    test('a run tells what the graph says, in order, and leaves nothing', async () => {
      await check(
        fc.asyncProperty(samples, fc.func(fc.boolean()), async (sample, isKept) => {
          const checkpoints = notedCheckpoints()
          const keepAfter = new Set(sample.map((each) => each.name).filter((each) => isKept(each)))
          const model = expected(sample)
          const keptSoFar: number[] = []
          const { told, fault } = await read(start(sample, { id: 'run', keepAfter }, checkpoints), () => void keptSoFar.push(checkpoints.kept.length))
          expect([told, fault]).toEqual([model, undefined])
          const kept = stepsOf(model).filter((each) => keepAfter.has(each.node))
          expect(checkpoints.kept).toEqual(kept.map((each) => each.node))
          expect(checkpoints.held.size).toBe(0)
          // What a step told of was kept before.
          for (const [index, each] of model.entries()) {
            const before = stepsOf(model.slice(0, index + 1)).filter((step) => keepAfter.has(step.node)).length
            if (each.type === 'step') expect(keptSoFar[index]).toBeGreaterThanOrEqual(before)
          }
        }),
      )
    })

    test('runs of one graph side by side do not touch one another', async () => {
      await check(
        fc.asyncProperty(samples, async (sample) => {
          const graphs = open(notedCheckpoints())
          const graph = graphOf(sample)
          const results = await Promise.all([1, 2, 3].map((note) => read(graphs.run(graph, { ...START_WALK, note }, { signal: never }))))
          for (const [index, { told }] of results.entries()) expect(told).toEqual(expected(sample, { ...START_WALK, note: index + 1 }))
        }),
      )
    })

    test('graphs that share their edges run their own nodes, as far as these have the names', async () => {
      const graphs = open(notedCheckpoints())
      const edges = { a: 'b', b: END }
      const of = (note: string, start = 'a', more: Graph<Walk, Said>['nodes'] = {}): Graph<Walk, Said> => ({
        name: 'shared',
        start,
        nodes: { a: async () => ({ note }), b: async ({ trail }) => ({ trail: [...trail, note] }), ...more },
        edges,
      })
      const runs = await Promise.all(['x', 'y'].map((note) => read(graphs.run(of(note), START_WALK, { signal: never }))))
      expect(runs.map(({ told }) => stepsOf(told).at(-1)?.state.trail)).toEqual([['x'], ['y']])
      expect((await read(graphs.run(of('z', 'b'), START_WALK, { signal: never }))).fault).toMatchObject({ code: 'internal' }) // "a" is never reached
      expect((await read(graphs.run(of('z', 'a', { c: async () => ({}) }), START_WALK, { signal: never }))).fault).toMatchObject({ code: 'internal' })
      expect((await read(graphs.run(of('z'), START_WALK, { signal: never }))).told).toHaveLength(2)
    })

    test('what a node throws ends the run as it was thrown, and nothing stays', async () => {
      const faults = [new AppError('model/unavailable', { reason: 'x' }), Object.freeze(new Error('frozen')), 'text', undefined, null, 7]
      await check(
        fc.asyncProperty(samples, fc.nat(), fc.constantFrom(...faults), async (sample, place, fault) => {
          const model = expected(sample)
          const steps = stepsOf(model)
          const at = place % steps.length
          const checkpoints = notedCheckpoints()
          const graph = graphOf(sample, (_, step) => {
            if (step === at) throw fault
          })
          const keepAfter = new Set(sample.map((each) => each.name))
          const all = await read(open(checkpoints).run(graph, START_WALK, { signal: never, id: 'run', keepAfter }))
          expect('fault' in all && Object.is(all.fault, fault)).toBe(true)
          const failing = steps[at]
          expect(all.told).toEqual(model.slice(0, failing === undefined ? 0 : model.indexOf(failing)))
          expect(checkpoints.held.size).toBe(0)
        }),
      )
      for (const fault of faults) if (fault instanceof AppError) expect(Object.keys(fault).sort()).toEqual(['code', 'facts', 'name'])
    })

    test('an abort ends the run at once with its reason, wherever it stands', async () => {
      await check(
        fc.asyncProperty(samples, fc.nat(), fc.constantFrom(undefined, new AppError('request/aborted')), async (sample, place, reason) => {
          const model = expected(sample)
          const after = 1 + (place % model.length)
          const checkpoints = notedCheckpoints()
          const abort = new AbortController()
          const options = { signal: abort.signal, id: 'run', keepAfter: new Set(sample.map((each) => each.name)) }
          const { told, fault } = await read(open(checkpoints).run(graphOf(sample), START_WALK, options), (count) => {
            if (count === after) abort.abort(reason)
          })
          expect(told).toEqual(model.slice(0, after))
          if (after === model.length && fault === undefined) return // it had ended already
          if (reason === undefined) expect(fault).toMatchObject({ name: 'AbortError' })
          else expect(fault).toBe(reason)
          await turn()
          await turn()
          expect(checkpoints.held.size).toBe(0)
        }),
      )
    })

    test('an abort does not wait for a node that does not listen, and what that does later is not kept', async () => {
      const checkpoints = notedCheckpoints()
      const abort = new AbortController()
      let free: () => void = () => undefined
      const working = new Promise<void>((resolve) => {
        free = resolve
      })
      const refused: unknown[] = []
      const graph: Graph<Walk, Said> = {
        name: 'deaf',
        start: 'a',
        nodes: {
          a: async (_, { emit }) => {
            setImmediate(() => abort.abort())
            await working
            await emit({ node: 'a', count: 0 }).catch((fault: unknown) => void refused.push(fault))
            return {}
          },
          b: async () => Promise.reject(new Error('nothing follows')),
        },
        edges: { a: 'b', b: END },
      }
      const { told, fault } = await read(open(checkpoints).run(graph, START_WALK, { signal: abort.signal, id: 'run', keepAfter: new Set(['a', 'b']) }))
      expect([told, fault]).toMatchObject([[], { name: 'AbortError' }])
      free()
      for (let count = 0; count < 5; count += 1) await turn()
      expect([checkpoints.kept, checkpoints.held.size]).toEqual([[], 0])
      expect(refused).toMatchObject([{ name: 'AbortError' }])
    })

    test('an aborted signal runs nothing', async () => {
      const seen: string[] = []
      const graph = graphOf([{ name: 'a', says: 0, move: { kind: 'next' } }], (node) => void seen.push(node))
      const { fault } = await read(open(notedCheckpoints()).run(graph, START_WALK, { signal: AbortSignal.abort() }))
      expect([seen, fault]).toMatchObject([[], { name: 'AbortError' }])
    })

    test('a reader that leaves ends the run: the node hears it, and nothing stays', async () => {
      await check(
        fc.asyncProperty(samples, fc.nat(), async (sample, place) => {
          const model = expected(sample)
          const most = 1 + (place % model.length)
          const checkpoints = notedCheckpoints()
          const graph = graphOf(sample)
          const signals = new Set<AbortSignal>()
          const nodes = Object.fromEntries(
            Object.entries(graph.nodes).map(([node, work]) => [
              node,
              (state: Walk, tools: Parameters<typeof work>[1]) => {
                signals.add(tools.signal)
                return work(state, tools)
              },
            ]),
          )
          const told: Told[] = []
          for await (const event of open(checkpoints).run({ ...graph, nodes }, START_WALK, {
            signal: never,
            id: 'run',
            keepAfter: new Set(Object.keys(nodes)),
          })) {
            told.push(plain(event))
            if (told.length === most) break
          }
          expect(told).toEqual(model.slice(0, most))
          expect(checkpoints.held.size).toBe(0)
          const kept = checkpoints.kept.length
          await turn()
          await turn()
          expect([...signals].every((each) => each.aborted)).toBe(true)
          expect([checkpoints.kept.length, checkpoints.held.size]).toEqual([kept, 0])
        }),
      )
    })

    test('a slow reader slows the node: nothing is given before it is asked for', async () => {
      const given: number[] = []
      const graph: Graph<{ readonly n: number }, number> = {
        name: 'fast',
        start: 'a',
        nodes: {
          async a(_, { emit }) {
            for (let n = 0; n < 20; n += 1) {
              await emit(n)
              given.push(n)
            }
            return { n: 20 }
          },
        },
        edges: { a: END },
      }
      let taken = 0
      for await (const event of open(notedCheckpoints()).run(graph, { n: 0 }, { signal: never })) {
        if (event.type === 'event') taken += 1
        for (let count = 0; count < 3; count += 1) await turn()
        expect(given.length).toBeLessThanOrEqual(taken)
      }
      expect([taken, given.length]).toEqual([20, 20])
    })

    test('a run that a kill ended goes on at the node that follows what was kept last', async () => {
      await check(
        fc.asyncProperty(samples, fc.nat(), fc.func(fc.boolean()), async (sample, place, isKept) => {
          const model = expected(sample)
          const most = 1 + (place % model.length)
          const keepAfter = new Set(sample.map((each) => each.name).filter((each) => isKept(each)))
          const before = notedCheckpoints()
          const run = start(sample, { id: 'run', keepAfter }, before)[Symbol.asyncIterator]()
          for (let count = 0; count < most; count += 1) await run.next()
          const left = new Map(before.held) // what a killed process leaves; it does not get to its `finally`
          await run.return?.()
          const kept = left.get('run')
          const after = notedCheckpoints({}, left)
          const other: Walk = { trail: ['not this one'], loops: {}, note: undefined }
          const again = await read(open(after).run(graphOf(sample), other, { signal: never, id: 'run', keepAfter, goOn: true }))
          const held = kept === undefined ? undefined : (JSON.parse(kept.state) as Walk)
          const rest = kept === undefined || held === undefined ? expected(sample, other) : expected(sample, held, followerOf(sample, kept.node, held))
          expect(again).toEqual({ told: rest })
          if (held !== undefined) expect(stepsOf(rest).at(-1) ?? { state: held }).toMatchObject({ state: stepsOf(model).at(-1)?.state })
          expect(after.held.size).toBe(0)
        }),
      )
    })

    test('only what this graph kept at a node that it still has is gone on from', async () => {
      const sample: Sample = ['a', 'b'].map((each) => ({ name: each, says: 1, move: { kind: 'next' } }))
      for (const [graph, node] of [
        ['another', 'a'],
        ['sample', 'gone'],
        ['sample', 'constructor'],
      ] as const) {
        const left = new Map([['run', { graph, node, state: '{}', at: 1, conversationId: undefined }]])
        expect(await read(start(sample, { id: 'run', goOn: true }, notedCheckpoints({}, left)))).toEqual({ told: expected(sample) })
        expect(left.size).toBe(0)
      }
    })

    test('when the server closes, what was kept last stays, with the conversation that it belongs to', async () => {
      const sample: Sample = ['a', 'b', 'c'].map((each) => ({ name: each, says: 1, move: { kind: 'next' } }))
      const checkpoints = notedCheckpoints()
      const abort = new AbortController()
      const options = { signal: abort.signal, id: 'run', conversationId: 'conv_1', keepAfter: new Set(['a', 'b', 'c']) }
      const { fault } = await read(open(checkpoints).run(graphOf(sample), START_WALK, options), (count) => {
        if (count === 3) abort.abort(new AppError('server/closing'))
      })
      expect(fault).toMatchObject({ code: 'server/closing' })
      expect(checkpoints.held.get('run')).toMatchObject({ graph: 'sample', node: 'a', conversationId: 'conv_1' })
    })

    test('a state that cannot be kept ends the run; one that cannot be removed does not', async () => {
      const sample: Sample = ['a', 'b'].map((each) => ({ name: each, says: 0, move: { kind: 'next' } }))
      const options = { id: 'run', keepAfter: new Set(['a', 'b']) }
      const full = new AppError('store/full')
      expect(await read(start(sample, options, notedCheckpoints({ keep: full })))).toEqual({ told: [], fault: full })
      expect(await read(start(sample, options, notedCheckpoints({ remove: full })))).toEqual({ told: expected(sample) })
    })

    test('a run takes as many steps as it may and no more', async () => {
      await check(
        fc.asyncProperty(samples, fc.nat(), async (sample, place) => {
          const model = expected(sample)
          const steps = stepsOf(model).length
          expect(await read(start(sample, { mostSteps: steps }))).toEqual({ told: model })
          const fewer = place % steps
          const { told, fault } = await read(start(sample, { mostSteps: fewer }))
          expect([stepsOf(told).length, fault]).toMatchObject([fewer, { code: 'internal' }])
        }),
      )
      const endless: Sample = [{ name: 'a', says: 0, move: { kind: 'back', by: 0, times: 1_000_000 } }]
      const { told, fault } = await read(start(endless))
      expect([told.length, fault]).toMatchObject([100, { code: 'internal' }])
    })

    test('a graph that is not whole runs nothing', async () => {
      const seen: string[] = []
      const at = (node: string) => async () => {
        seen.push(node)
        return {}
      }
      const broken: readonly Pick<Graph<Walk, Said>, 'start' | 'nodes' | 'edges'>[] = [
        { start: 'none', nodes: { a: at('a') }, edges: { a: END } },
        { start: 'a', nodes: { a: at('a') }, edges: {} },
        { start: 'a', nodes: { a: at('a') }, edges: { a: 'b' } },
        { start: 'a', nodes: { a: at('a') }, edges: { a: { choose: () => END, among: [END, 'b'] } } },
        { start: 'a', nodes: { a: at('a'), b: at('b') }, edges: { a: END, b: END } },
        { start: 'a', nodes: { a: at('a') }, edges: { a: 'a' } },
        { start: END, nodes: { [END]: at(END) }, edges: { [END]: END } },
        { start: 'a', nodes: { a: at('a') }, edges: { a: END, ghost: END } },
        { start: 'a', nodes: { a: at('a') }, edges: { a: { choose: () => END, among: [] } } },
      ]
      for (const graph of broken) {
        const { told, fault } = await read(open(notedCheckpoints()).run({ name: 'broken', ...graph }, START_WALK, { signal: never }))
        expect([told, fault], JSON.stringify(Object.keys(graph.edges))).toMatchObject([[], { code: 'internal' }])
      }
      expect(seen).toEqual([])
    })

    test('an edge leads only where it says that it may', async () => {
      const graph: Graph<Walk, Said> = {
        name: 'strays',
        start: 'a',
        nodes: { a: async () => ({}), b: async () => ({}) },
        edges: { a: { choose: () => 'a', among: ['b'] }, b: END },
      }
      const { told, fault } = await read(open(notedCheckpoints()).run(graph, START_WALK, { signal: never }))
      expect([told.length, fault]).toMatchObject([1, { code: 'internal' }])
      const thrown = new AppError('internal', { reason: 'chosen badly' })
      const throwing: Graph<Walk, Said> = {
        ...graph,
        edges: {
          a: {
            choose: () => {
              throw thrown
            },
            among: ['b'],
          },
          b: END,
        },
      }
      expect((await read(open(notedCheckpoints()).run(throwing, START_WALK, { signal: never }))).fault).toBe(thrown)
    })
  })
}
