import type { Handlers, Workshop } from './handler.ts'
import { databaseHandlers } from './handlers/databases.ts'
import { documentHandlers } from './handlers/documents.ts'
import { jobHandlers } from './handlers/jobs.ts'
import { searchHandlers } from './handlers/search.ts'
import { systemHandlers } from './handlers/system.ts'
import { versionHandlers } from './handlers/versions.ts'
import { whyHandlers } from './handlers/why.ts'

/** One handler per route: the compiler refuses a route without one. */
export function handlersOf(workshop: Workshop): Handlers {
  return {
    ...databaseHandlers(workshop),
    ...documentHandlers(workshop),
    ...searchHandlers(workshop),
    ...whyHandlers(workshop),
    ...versionHandlers(workshop),
    ...jobHandlers(workshop),
    ...systemHandlers(workshop),
  }
}
