import type { serverRoutes } from '../../api/server.ts'
import { about } from '../about.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { partsOf, worstOf } from '../parts.ts'
import { iso } from '../present.ts'

export function serverHandlers({ world }: Pick<Workshop, 'world'>): Handlers<keyof typeof serverRoutes> {
  const startedAt = iso(Date.now() - Math.round(process.uptime() * 1000))
  return {
    async serverParts() {
      const parts = await partsOf(world)
      return {
        state: worstOf(parts),
        version: about().version,
        started_at: startedAt,
        uptime_seconds: Math.floor(process.uptime()),
        memory: { rss_bytes: process.memoryUsage.rss() },
        parts: [...parts],
      }
    },

    async about() {
      const { version, node, license, packages } = about()
      return { version, node, license, packages: packages.map((one) => ({ name: one.name, version: one.version ?? null, license: one.license ?? null })) }
    },
  }
}
