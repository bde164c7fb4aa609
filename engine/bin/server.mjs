// Starts the server with what was compiled before.
import { useCompiled } from './compiled.mjs'

useCompiled()
await import('../src/server/main.ts')
