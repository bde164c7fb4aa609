// Installs what is missing, once; runs on any Node >= 20.11, before the pinned one is there. With "start" only what running
// Quarry needs: the servers and tools that tests use are most of the download.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const stamp = join(root, 'node_modules', '.quarry-installed')
const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

// The command line loads this file to be able to run, and so does "npm start".
const isRunAlone = resolve(process.argv[1] ?? '') === import.meta.filename
const wanted = isRunAlone && process.argv[2] !== 'start' ? 'all' : 'start'
const found = existsSync(stamp) && existsSync(pinned) ? readFileSync(stamp, 'utf8') : ''
const installed = found === `${lock} all` || found === `${lock} ${wanted}`
if (!installed) {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 20) fail(`Quarry needs Node 20 or newer to install itself; this is ${process.versions.node}.`)
  console.log('Quarry: installing packages (once, about a minute) …')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  // Install scripts of packages are not run, but for the one that puts the pinned Node in its place.
  // A tree that is there is brought up to date, not thrown away: something may be running from it.
  npm([existsSync(join(root, 'node_modules')) ? 'install' : 'ci', '--ignore-scripts', ...(wanted === 'start' ? ['--omit=dev'] : []), ...quiet])
  if (!existsSync(pinned)) npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts=false', ...quiet])
  if (!existsSync(pinned)) fail('Installing the pinned Node did not work: node_modules/.bin/node is missing.')
  writeFileSync(stamp, `${lock} ${wanted}`)
}

function npm(args) {
  const cli = process.env.npm_execpath
  const run = cli?.endsWith('.js') ? [process.execPath, [cli, ...args]] : ['npm', args]
  const { status, error } = spawnSync(run[0], run[1], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' && run[0] === 'npm' })
  if (status !== 0) fail(`"npm ${args[0]}" ended with ${error?.message ?? `status ${status}`}. Check the connection to the package registry and try again.`)
}

function fail(message) {
  console.error(`Quarry: ${message}`)
  process.exit(1)
}
