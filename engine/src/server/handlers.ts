import type { Handlers, Workshop } from './handler.ts'
import { accountHandlers } from './handlers/accounts.ts'
import { conversationHandlers } from './handlers/conversations.ts'
import { databaseHandlers } from './handlers/databases.ts'
import { documentHandlers } from './handlers/documents.ts'
import { evaluationHandlers } from './handlers/evaluation.ts'
import { jobHandlers } from './handlers/jobs.ts'
import { keyHandlers } from './handlers/keys.ts'
import { modelHandlers } from './handlers/models.ts'
import { peopleHandlers } from './handlers/people.ts'
import { planHandlers } from './handlers/plans.ts'
import { publicHandlers } from './handlers/public.ts'
import { publicationHandlers } from './handlers/publications.ts'
import { searchHandlers } from './handlers/search.ts'
import { serverHandlers } from './handlers/server.ts'
import { sharingHandlers } from './handlers/sharing.ts'
import { streamHandlers } from './handlers/streams.ts'
import { systemHandlers } from './handlers/system.ts'
import { traceHandlers } from './handlers/traces.ts'
import { uploadHandlers } from './handlers/uploads.ts'
import { usageHandlers } from './handlers/usage.ts'
import { versionHandlers } from './handlers/versions.ts'
import { whyHandlers } from './handlers/why.ts'

/** One handler per route: the compiler refuses a route without one. */
export function handlersOf(workshop: Workshop): Handlers {
  return {
    ...databaseHandlers(workshop),
    ...documentHandlers(workshop),
    ...uploadHandlers(workshop),
    ...searchHandlers(workshop),
    ...whyHandlers(workshop),
    ...versionHandlers(workshop),
    ...evaluationHandlers(workshop),
    ...jobHandlers(workshop),
    ...accountHandlers(workshop),
    ...peopleHandlers(workshop),
    ...keyHandlers(workshop),
    ...sharingHandlers(workshop),
    ...conversationHandlers(workshop),
    ...publicationHandlers(workshop),
    ...publicHandlers(workshop),
    ...streamHandlers(workshop),
    ...traceHandlers(workshop),
    ...usageHandlers(workshop),
    ...planHandlers(workshop),
    ...modelHandlers(workshop),
    ...serverHandlers(workshop),
    ...systemHandlers(workshop),
  }
}
