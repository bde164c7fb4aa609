#!/usr/bin/env node
// Starts the command line on the pinned Node, whatever Node runs this file.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const installer = resolve(root, 'bin/install.mjs')
if (existsSync(installer)) await import(installer)
await import('./compiled.mjs')
const pinned = resolve(root, 'node_modules/node/bin/node')
const node = existsSync(pinned) ? pinned : process.execPath
const main = resolve(import.meta.dirname, '../src/cli/main.ts')
const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], { stdio: 'inherit' })
// The terminal sends Ctrl-C to both: the child ends in order, and this process waits for it.
process.on('SIGINT', () => undefined)
for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name))
child.on('exit', (status, signal) => {
  process.exitCode = signal === null ? status : 130
})
