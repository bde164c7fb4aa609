import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['engine/src/**/*.test.ts', 'engine/test/**/*.test.ts', 'web/**/*.test.ts'],
    // npm run test:browser, npm run test:kills: each takes minutes by itself.
    exclude: ['**/node_modules/**', 'web/test/browser/**', 'engine/test/kills.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
