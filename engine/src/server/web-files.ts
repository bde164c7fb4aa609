import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../domain/errors.ts'

// Serves the export of the web app. What may be served is the list that its build made: a path of a request is looked up in
// it and never becomes a path of a file by itself.

const webFile = z.object({
  type: z.string(),
  tag: z.string(),
  bytes: z.int(),
  encodings: z.array(z.enum(['br', 'gzip'])).default([]),
  immutable: z.boolean().default(false),
  policy: z.string().optional(),
})
const fileList = z.object({ files: z.record(z.string(), webFile) })
type WebFile = z.infer<typeof webFile>

export interface WebReply {
  readonly status: 200 | 304 | 308 | 404
  readonly headers: Readonly<Record<string, string>>
  /** Undefined for a HEAD request, a redirect and what the browser has already. */
  readonly body: Buffer | undefined
}

export interface WebRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
  readonly ifNoneMatch: string | undefined
}

export interface WebFiles {
  /** Undefined: there is no such page, and who asks wants no page either. */
  reply(request: WebRequest): Promise<WebReply | undefined>
  /** The text of a page and its policy, for routes that add to it; the path as it lies in the export. */
  page(path: string): { readonly text: string; readonly policy: string }
}

const NOT_BUILT_TEXT =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Quarry</title><h1>Quarry</h1><p>The web app is not built. Start the server with "npm start", or run "npm run build" and start it again.</p><p>The API is there: its reference is at /api/docs.</p></html>'

/** The first page of a server without the web app. */
export const NOT_BUILT: WebReply = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: Buffer.from(NOT_BUILT_TEXT),
}

interface Folder {
  readonly folders: Map<string, Folder>
  readonly files: Map<string, string>
}

/** Stands in the export for any id. */
const ANY = '_'

/**
 * Reads the list of a built web app. @returns undefined when `folder` holds none
 * @throws AppError store/damaged when the list cannot be read
 */
export function webFiles(folder: string): WebFiles | undefined {
  const text = readIfThere(join(folder, 'files.json'))
  if (text === undefined) return undefined
  const read = fileList.safeParse(JSON.parse(text))
  if (!read.success) throw new AppError('store/damaged', { file: 'files.json of the web app' }, read.error)
  const files = new Map(Object.entries(read.data.files))
  const tree = treeOf(files.keys())

  async function send(path: string, file: WebFile, request: WebRequest, status: 200 | 404): Promise<WebReply> {
    const encoding = file.encodings.find((one) => accepts(request.acceptEncoding, one))
    const tag = `"${file.tag}${encoding === undefined ? '' : `-${encoding}`}"`
    const headers = {
      'content-type': file.type,
      'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: tag,
      vary: 'accept-encoding',
      ...(file.policy === undefined ? {} : { 'content-security-policy': `${file.policy}; frame-ancestors 'none'` }),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    }
    if (status === 200 && request.ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag) === true) {
      return { status: 304, headers, body: undefined }
    }
    if (request.method === 'HEAD') return { status, headers, body: undefined }
    const suffix = { br: '.br', gzip: '.gz' }
    return { status, headers, body: await readFile(join(folder, encoding === undefined ? path : `${path}${suffix[encoding]}`)) }
  }

  return {
    async reply(request) {
      const [path = '/', query] = request.url.split('?', 2)
      const found = lookUp(tree, path)
      if (found?.kind === 'folder') return { status: 308, headers: { location: `${path}/${query === undefined ? '' : `?${query}`}` }, body: undefined }
      const file = found === undefined ? undefined : files.get(found.path)
      if (found !== undefined && file !== undefined) return send(found.path, file, request, 200)
      const missing = files.get('404.html')
      if (missing === undefined || request.accept?.includes('text/html') !== true) return undefined
      return send('404.html', missing, request, 404)
    },

    page(path) {
      const file = files.get(path)
      if (file?.policy === undefined) throw new AppError('store/damaged', { file: `${path} of the web app` })
      return { text: readFileSync(join(folder, path), 'utf8'), policy: file.policy }
    },
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && (fault.code === 'ENOENT' || fault.code === 'ENOTDIR')) return undefined
    throw fault
  }
}

function treeOf(paths: Iterable<string>): Folder {
  const root: Folder = { folders: new Map(), files: new Map() }
  for (const path of paths) {
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    let folder = root
    for (const part of parts) {
      const inner = folder.folders.get(part) ?? { folders: new Map(), files: new Map() }
      folder.folders.set(part, inner)
      folder = inner
    }
    folder.files.set(name, path)
  }
  return root
}

type Found = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'folder' }

/** By exact names first, then by the placeholder; a folder without its closing slash is told, so that links in it stay right. */
function lookUp(root: Folder, path: string): Found | undefined {
  if (!path.startsWith('/')) return undefined
  const parts = path.slice(1).split('/')
  const last = parts.pop() ?? ''
  let folder = root
  for (const part of parts) {
    const inner = part === '' ? undefined : (folder.folders.get(decoded(part)) ?? folder.folders.get(ANY))
    if (inner === undefined) return undefined
    folder = inner
  }
  const file = folder.files.get(last === '' ? 'index.html' : decoded(last))
  if (file !== undefined) return { kind: 'file', path: file }
  const inner = last === '' ? undefined : (folder.folders.get(decoded(last)) ?? (last.includes('.') ? undefined : folder.folders.get(ANY)))
  return inner?.files.has('index.html') === true ? { kind: 'folder' } : undefined
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // it will not be found
  }
}

function accepts(header: string | undefined, encoding: string): boolean {
  return (header ?? '').split(',').some((one) => {
    const [name, ...parameters] = one.split(';').map((part) => part.trim())
    return name?.toLowerCase() === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
