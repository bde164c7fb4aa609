import { AppError, type Reply } from 'quarry-engine/client'
import { createContext, useContext } from 'react'
import { useCall } from './api.ts'

export type Me = Reply<'whoAmI'>

const SessionContext = createContext<Me | undefined>(undefined)
export const SessionProvider = SessionContext.Provider

/** Who is signed in; only for screens inside the gate. */
export function useMe(): Me {
  const me = useContext(SessionContext)
  if (me === undefined) throw new Error('useMe is for screens inside the session gate')
  return me
}

/** Asks the server; `signedOut` when it knows nobody by this browser. */
export function useSession() {
  const asked = useCall('whoAmI', {}, { staleTime: 60_000 })
  const signedOut = asked.error instanceof AppError && asked.error.status === 401
  return { me: signedOut ? undefined : asked.data, signedOut, error: signedOut ? null : asked.error, retry: () => void asked.refetch() }
}
