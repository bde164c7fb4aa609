import type { Reply } from 'quarry-engine/client'
import { createContext, useContext } from 'react'

export type Database = Reply<'getDatabase'>

const DatabaseContext = createContext<Database | undefined>(undefined)
export const DatabaseProvider = DatabaseContext.Provider

/** The database of the address; only for screens inside its frame. */
export function useDatabase(): Database {
  const database = useContext(DatabaseContext)
  if (database === undefined) throw new Error('useDatabase is for screens inside the frame of a database')
  return database
}
