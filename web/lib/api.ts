import { type QueryKey, type UseQueryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { AppError, createClient, type Input, type JsonName, type Reply } from 'quarry-engine/client'
import { sessionEnded } from './session-end.ts'

/** Where the API is: the server that the page came from, unless the build names another. */
export const API_ADDRESS = process.env.NEXT_PUBLIC_API_URL ?? ''

/** The session is a cookie that scripts cannot read. */
async function sessionFetch(address: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const reply = await fetch(address, { ...init, credentials: API_ADDRESS === '' ? 'same-origin' : 'include' })
  if (reply.status === 401 && !(await isWrongPassword(reply.clone()))) sessionEnded()
  return reply
}

/** Somebody who is signed in may mistype the password that a change asks for. */
async function isWrongPassword(reply: Response): Promise<boolean> {
  const told: { error?: { code?: string } } = await reply.json().catch(() => ({})) // what is no JSON says nothing about passwords
  return told.error?.code === 'auth/wrong-password'
}

/** The typed client of the engine: the only way in which the app talks to the server. */
export const api = createClient({ address: API_ADDRESS, token: undefined, fetch: sessionFetch })

/** The same for what must still go out while the page is being left. */
export const leavingApi = createClient({
  address: API_ADDRESS,
  token: undefined,
  fetch: (address, init) => sessionFetch(address, { ...init, keepalive: true }),
})

type Options<Data> = Pick<UseQueryOptions<Data>, 'enabled' | 'refetchInterval' | 'staleTime' | 'placeholderData'>
type CallArguments<Name extends JsonName> = Omit<Input<Name>, 'signal'>

/** One key per route and input, so that a mutation can say which routes it made stale. */
export function keyOf<Name extends JsonName>(name: Name, input?: object): QueryKey {
  return input === undefined ? [name] : [name, input]
}

/** The reply of a route that reads. */
export function useCall<Name extends JsonName>(name: Name, input: CallArguments<Name>, options: Options<Reply<Name>> = {}) {
  return useQuery<Reply<Name>>({
    queryKey: keyOf(name, input),
    queryFn: ({ signal }) => api.call(name, { ...input, signal } as unknown as Input<Name>),
    ...options,
  })
}

type Paged = { readonly next_cursor: string | null }
type PagedName = { [Name in JsonName]: Reply<Name> extends Paged ? Name : never }[JsonName]

/** All pages of a route that lists, one after the other as they are asked for. */
export function useCallPages<Name extends PagedName>(
  name: Name,
  input: CallArguments<Name>,
  options: { readonly enabled?: boolean; readonly refetchInterval?: number } = {},
) {
  return useInfiniteQuery({
    queryKey: [...keyOf(name, input), 'pages'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const { query = {} } = input as { readonly query?: object }
      const asked = { ...input, query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal }
      return api.call(name, asked as unknown as Input<Name>)
    },
    getNextPageParam: (last) => (last as Paged).next_cursor ?? undefined,
    ...options,
  })
}

/** A call that changes something; `stale` names the routes whose replies no longer hold afterwards. */
export function useSend<Name extends JsonName>(name: Name, stale: readonly JsonName[] = []) {
  const queries = useQueryClient()
  return useMutation<Reply<Name>, Error, CallArguments<Name>>({
    mutationFn: (input) => api.call(name, input as unknown as Input<Name>),
    onSettled: () => Promise.all(stale.map((one) => queries.invalidateQueries({ queryKey: keyOf(one) }))).then(() => undefined),
  })
}

/** Asked again only where the server says that it may help, or where it could not be reached. */
export function isWorthRetrying(failures: number, fault: unknown): boolean {
  return failures < 3 && fault instanceof AppError && fault.retry && fault.code !== 'limit/rate'
}
