// Builds the web app once: a static export in web/out, with everything that a server needs to know of it in files.json.
// Runs nothing when neither the app nor what it imports has changed since.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { copyPdfFiles } from './pdf-files.mjs'

const web = import.meta.dirname
const root = resolve(web, '..')
const out = join(web, 'out')
const list = join(out, 'files.json')
const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.bcmap': 'application/octet-stream',
  '.pfb': 'application/octet-stream',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
}
const COMPRESSED = new Set(['.html', '.js', '.mjs', '.css', '.txt', '.json', '.svg'])
// Source: below this a header costs more than compression saves.
const COMPRESSED_FROM = 1024
const WAIT_MS = 1000
const LONGEST_WAIT_MS = 300_000

function buildWeb() {
  copyPdfFiles()
  const wanted = stampOf()
  if (isBuilt(wanted)) return
  console.log('Quarry: building the web app (once, about half a minute) …')
  // Another start may be building the very same: then there is nothing left to do afterwards.
  for (let waited = 0; !runNext(); waited += WAIT_MS) {
    if (waited > LONGEST_WAIT_MS) throw new Error('Another build of the web app does not end. Stop it and start again.')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS)
    if (isBuilt(wanted)) return
  }
  const files = Object.fromEntries(filesUnder(out).map((path) => [path, described(path)]))
  writeFileSync(list, JSON.stringify({ built: wanted, files }))
}

/** @returns false when another build holds the folder */
function runNext() {
  const next = createRequire(join(web, 'package.json')).resolve('next/dist/bin/next')
  // npm found its Node before the pinned one was there.
  const node = existsSync(pinned) ? pinned : process.execPath
  const { status, stdout, stderr } = spawnSync(node, [next, 'build'], {
    cwd: web,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', WEB_MODE: 'export', WEB_BUILD_DIR: '.next' },
    encoding: 'utf8',
  })
  if (status !== 0 && /Another next build process is already running/.test(`${stdout}${stderr}`)) return false
  if (status !== 0) throw new Error(`Building the web app failed:\n${stdout}\n${stderr}`)
  return true
}

function isBuilt(wanted) {
  return existsSync(list) && JSON.parse(readFileSync(list, 'utf8')).built === wanted
}

/** Type, entity tag, encodings that lie beside it, whether it never changes, and of pages their Content-Security-Policy. */
function described(path) {
  const file = join(out, path)
  const content = readFileSync(file)
  const extension = extname(path)
  const encodings = []
  if (COMPRESSED.has(extension) && content.length >= COMPRESSED_FROM) {
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    )
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
    encodings.push('br', 'gzip')
  }
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    tag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    bytes: content.length,
    ...(encodings.length === 0 ? {} : { encodings }),
    ...(path.startsWith('_next/static/') ? { immutable: true } : {}),
    ...(extension === '.html' ? { policy: policyOf(content.toString('utf8')) } : {}),
    ...(extension === '.mjs' ? { policy: WORKER_POLICY } : {}),
  }
}

/** The one worker draws PDF pages: its decoders of images are WebAssembly, or scripts of ours where that is not to be had. */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

/** Only our own files and the scripts that stand in this very page run; nothing of it reaches another host. */
function policyOf(html) {
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    (match) => `'sha256-${createHash('sha256').update(match[1]).digest('base64')}'`,
  )
  const api = process.env.NEXT_PUBLIC_API_URL
  return [
    "default-src 'none'",
    `script-src 'self' ${[...new Set(inline)].join(' ')}`,
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self'${api === undefined ? '' : ` ${new URL(api).origin}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default nextjs nextjs#bundler',
  ].join('; ')
}

/** Of everything that goes into the build. */
function stampOf() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  hash.update(process.env.NEXT_PUBLIC_API_URL ?? '')
  const sources = [
    ...filesUnder(web, (name) => !/^(node_modules|out|\.next.*|test|screenshots|next-env\.d\.ts)$/.test(name)).map((path) => join(web, path)),
    ...['client', 'api', 'domain'].flatMap((room) => filesUnder(join(root, 'engine/src', room)).map((path) => join(root, 'engine/src', room, path))),
  ]
  for (const file of sources) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

/** Paths below a folder with forward slashes, sorted. */
function filesUnder(folder, keep = () => true) {
  return readdirSync(folder)
    .sort()
    .filter(keep)
    .flatMap((name) => (statSync(join(folder, name)).isDirectory() ? filesUnder(join(folder, name)).map((path) => `${name}/${path}`) : [name]))
}

buildWeb()
