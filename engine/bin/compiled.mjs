// Where Node keeps what it has compiled: a start that finds it loads neither the type stripper (30 MB in every thread) nor
// compiles. In our own tree, never in the shared temporary folder, where others could plant code. Without the right to write, nothing is kept.
// Loaded by any Node >= 20, so that what came later is asked for.
import module from 'node:module'
import { resolve } from 'node:path'

process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, '../../node_modules/.cache/quarry')

/** For this thread; threads and programs that it starts read the variable. */
export function useCompiled() {
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
  // A server that is killed has kept it all the same.
  setTimeout(() => module.flushCompileCache?.(), 5_000).unref()
}
