import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests that drive Chromium against the real server and the real export; one file after the other, so that figures are true. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['web/test/browser/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
})
