import { accountRoutes, peopleRoutes } from './accounts.ts'
import { conversationRoutes } from './conversations.ts'
import { databaseRoutes } from './databases.ts'
import { documentRoutes } from './documents.ts'
import { evaluationRoutes } from './evaluation.ts'
import { jobRoutes } from './jobs.ts'
import { keyRoutes } from './keys.ts'
import { modelRoutes } from './models.ts'
import { planRoutes } from './plans.ts'
import { previewRoutes } from './preview.ts'
import { publicRoutes } from './public.ts'
import { publicationRoutes } from './publications.ts'
import type { RouteShape } from './route.ts'
import { searchRoutes } from './search.ts'
import { serverRoutes } from './server.ts'
import { sharingRoutes } from './sharing.ts'
import { streamRoutes } from './streams.ts'
import { systemRoutes } from './system.ts'
import { traceRoutes } from './traces.ts'
import { uploadRoutes } from './uploads.ts'
import { usageRoutes } from './usage.ts'
import { versionRoutes } from './versions.ts'
import { whyRoutes } from './why.ts'

/** Every route of the server, once. */
export const ROUTES = {
  ...databaseRoutes,
  ...documentRoutes,
  ...uploadRoutes,
  ...previewRoutes,
  ...searchRoutes,
  ...whyRoutes,
  ...versionRoutes,
  ...evaluationRoutes,
  ...jobRoutes,
  ...accountRoutes,
  ...peopleRoutes,
  ...keyRoutes,
  ...sharingRoutes,
  ...conversationRoutes,
  ...publicationRoutes,
  ...publicRoutes,
  ...streamRoutes,
  ...traceRoutes,
  ...usageRoutes,
  ...planRoutes,
  ...modelRoutes,
  ...serverRoutes,
  ...systemRoutes,
} as const satisfies Record<string, RouteShape>

export type Routes = typeof ROUTES
export type RouteName = keyof Routes
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[]
