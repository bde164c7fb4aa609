#!/usr/bin/env node
// Starts the command line on the pinned Node, whatever Node runs this file.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const installer = resolve(root, 'bin/install.mjs')
if (existsSync(installer)) await import(installer)
const pinned = resolve(root, 'node_modules/node/bin/node')
const node = existsSync(pinned) ? pinned : process.execPath
const main = resolve(import.meta.dirname, '../src/cli/main.ts')
const { status, signal } = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = signal === null ? (status ?? 1) : 130
