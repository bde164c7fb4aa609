import { type Client, createClient } from 'quarry-engine/client'

/** Visitors bring their token with each request; the cookie of somebody who is signed in here is none of its business. */
export function visitorClient(token: string | undefined): Client {
  return createClient({
    address: process.env.NEXT_PUBLIC_API_URL ?? '',
    token,
    fetch: (address, init) => fetch(address, { ...init, credentials: 'omit' }),
  })
}
