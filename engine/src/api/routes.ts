import { databaseRoutes } from './databases.ts'
import { documentRoutes } from './documents.ts'
import { jobRoutes } from './jobs.ts'
import { previewRoutes } from './preview.ts'
import type { RouteShape } from './route.ts'
import { searchRoutes } from './search.ts'
import { systemRoutes } from './system.ts'
import { versionRoutes } from './versions.ts'
import { whyRoutes } from './why.ts'

/** Every route of the server, once. */
export const ROUTES = {
  ...databaseRoutes,
  ...documentRoutes,
  ...previewRoutes,
  ...searchRoutes,
  ...whyRoutes,
  ...versionRoutes,
  ...jobRoutes,
  ...systemRoutes,
} as const satisfies Record<string, RouteShape>

export type Routes = typeof ROUTES
export type RouteName = keyof Routes
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[]
