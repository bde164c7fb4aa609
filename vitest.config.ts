import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['engine/src/**/*.test.ts', 'engine/test/**/*.test.ts', 'web/**/*.test.ts'],
    // Tests that drive a browser: npm run test:browser.
    exclude: ['**/node_modules/**', 'web/test/browser/**'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
