import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The server killed in the middle of its work, KILLS times (10 unless told). */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: { include: ['engine/test/kills.test.ts'], testTimeout: 90_000, hookTimeout: 120_000, pool: 'forks' },
})
