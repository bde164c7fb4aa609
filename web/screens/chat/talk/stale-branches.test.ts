import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, test, vi } from 'vitest'
import { chatPort } from '../chat-port.ts'
import type { Loaded, TalkPort } from './port.ts'
import { dropStaleBranches } from './stale-branches.ts'

// As the two ports name them: by an object that says more, and by a longer list.
const PORTS: readonly (readonly [string, Pick<TalkPort, 'keyOf'>])[] = [
  ['by route and input', chatPort(new QueryClient(), () => [])],
  ['by place', { keyOf: (conversation, leaf) => ['visitorConversation', 'p', conversation, ...(leaf === undefined ? [] : [leaf])] }],
]
const branch = (title: string): Loaded => ({ conversation: { id: 'c', title }, messages: [] })

describe.each(PORTS)('a new answer, with keys %s', (_, port) => {
  function setUp() {
    const queries = new QueryClient({ defaultOptions: { queries: { gcTime: Number.POSITIVE_INFINITY, staleTime: Number.POSITIVE_INFINITY } } })
    const titleOf = (conversation: string, leaf?: string) => queries.getQueryData<Loaded>(port.keyOf(conversation, leaf))?.conversation.title
    for (const conversation of ['c', 'other'])
      for (const leaf of [undefined, 'old', 'older']) queries.setQueryData(port.keyOf(conversation, leaf), branch('before'))
    const queryFn = vi.fn(() => Promise.resolve(branch('anew')))
    const look = (leaf?: string) => new QueryObserver(queries, { queryKey: port.keyOf('c', leaf), queryFn }).subscribe(() => undefined)
    return { queries, titleOf, queryFn, look }
  }

  test('is what the conversation opens with; its older branches are forgotten, those of others stay', () => {
    const { queries, titleOf, queryFn, look } = setUp()
    const leave = look('old')
    queries.setQueryData(port.keyOf('c', 'new'), branch('new'))
    dropStaleBranches(queries, port, { conversation: 'c', answer: 'new', read: branch('new') })
    expect([titleOf('c'), titleOf('c', 'new'), titleOf('c', 'older')]).toEqual(['new', 'new', undefined])
    expect([titleOf('other'), titleOf('other', 'old')]).toEqual(['before', 'before'])
    const isStale = (leaf?: string) => queries.getQueryState(port.keyOf('c', leaf))?.isInvalidated
    expect([isStale(), isStale('new'), isStale('old')]).toEqual([false, false, true])
    expect(queryFn).not.toHaveBeenCalled()
    leave()
  })

  test('that could not be read lets what is on the screen be read anew', async () => {
    const { queries, titleOf, queryFn, look } = setUp()
    const leave = look()
    dropStaleBranches(queries, port, { conversation: 'c', answer: 'new', read: undefined })
    await vi.waitFor(() => expect(titleOf('c')).toBe('anew'))
    expect(titleOf('c', 'old')).toBeUndefined()
    expect(queryFn).toHaveBeenCalledOnce()
    leave()
  })
})
