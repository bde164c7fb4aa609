import { resolve } from 'node:path'
import type { NextConfig } from 'next'
import { copyPdfFiles } from './pdf-files.mjs'

/**
 * WEB_MODE=standalone builds for a host that renders on a server (Amplify Hosting); otherwise a static export is made,
 * which the engine can serve. Both come from the same pages. A server of Next.js passes what is not a page on to the engine
 * at ENGINE_ADDRESS, so that page and API have one origin there too.
 */
const isStandalone = process.env.WEB_MODE === 'standalone'
const isDev = process.env.NODE_ENV === 'development'
const isExport = !isStandalone && !isDev
const engine = process.env.ENGINE_ADDRESS ?? 'http://127.0.0.1:8000'

copyPdfFiles() // for every way to build or run it; they lie there already most times

const config: NextConfig = {
  ...(isExport ? { output: 'export' as const } : isStandalone ? { output: 'standalone' as const } : {}),
  distDir: process.env.WEB_BUILD_DIR ?? '.next',
  trailingSlash: true,
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  transpilePackages: ['quarry-engine'],
  turbopack: {
    root: resolve(import.meta.dirname, '..'),
    // The form of this package for browsers asks innerHTML what "&lt;" means; the policy of the app forbids that, the other has a table.
    resolveAlias: { 'decode-named-character-reference': '../node_modules/decode-named-character-reference/index.js' },
  },
  // Types are checked by "npm run check", once for all rooms.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  ...(isExport
    ? {}
    : {
        compress: false, // it would hold back streams
        skipTrailingSlashRedirect: true,
        // The export's policy with hashes is sent by the engine; a page that is rendered anew has other inline scripts each time.
        headers: async () => [
          {
            source: '/((?!embed/).*)',
            headers: [
              { key: 'x-frame-options', value: 'DENY' },
              { key: 'x-content-type-options', value: 'nosniff' },
              { key: 'referrer-policy', value: 'no-referrer' },
              { key: 'content-security-policy', value: "object-src 'none'; base-uri 'none'; frame-ancestors 'none'" },
            ],
          },
        ],
        rewrites: async () => [
          { source: '/api/:path*', destination: `${engine}/api/:path*` },
          { source: '/embed/:publication.js', destination: `${engine}/embed/:publication.js` },
        ],
      }),
}

export default config
