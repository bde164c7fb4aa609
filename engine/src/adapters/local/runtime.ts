import { spawn } from 'node:child_process'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { readJson, sizeOf } from './models.ts'

/** The version that was tried; part of the folder's name, so that another one is installed beside it. */
const VERSION = '4.3.1'
/** Measured on Linux x64, for a person who waits: other machines differ little. */
export const RUNTIME_COST_MB = { download: 170, disk: 100 } as const
const INSTALL_MS = 15 * 60_000
const ENTRY = ['node_modules', '@huggingface', 'transformers', 'dist', 'transformers.node.mjs'] as const

/**
 * The library that runs ONNX models: far larger than Quarry itself, so it is installed into the data folder when the
 * first such model is fetched, from the npm registry, without running install scripts.
 */
export function runtimeFolder(root: string): string {
  return join(root, 'runtime', `transformers-${VERSION}`)
}

/** Path of the library's entry, or undefined while it is not installed. */
export async function runtimeEntry(root: string): Promise<string | undefined> {
  const entry = join(runtimeFolder(root), ...ENTRY)
  return (await sizeOf(entry)) === undefined ? undefined : entry
}

/** Does nothing when it is there. A cut-off installation leaves nothing behind that counts. @throws model/unavailable */
export async function installRuntime(root: string, signal: AbortSignal): Promise<string> {
  const there = await runtimeEntry(root)
  if (there !== undefined) return there
  const folder = runtimeFolder(root)
  const making = `${folder}.${process.pid}.part`
  await mkdir(making, { recursive: true })
  try {
    await writeFile(join(making, 'package.json'), JSON.stringify({ private: true }))
    await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', `@huggingface/transformers@${VERSION}`], making, signal)
    await leaveOut(making)
    await rm(folder, { recursive: true, force: true })
    await rename(making, folder)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  const entry = await runtimeEntry(root)
  if (entry === undefined) throw new AppError('model/unavailable', { reason: 'the runtime was installed, but its entry is missing' })
  return entry
}

function npm(args: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // The arguments are our own constants; only through a shell does Windows find npm.
    const child = spawn('npm', args, { cwd: folder, signal, timeout: INSTALL_MS, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (piece: Buffer) => {
      told = (told + piece.toString()).slice(-2000)
    })
    child.on('error', (error) => reject(signal.aborted ? signal.reason : new AppError('model/unavailable', { reason: 'npm could not be started' }, error)))
    child.on('close', (code) => {
      const line = told.split('\n').findLast((one) => /npm error (?!A complete log)/.test(one))
      if (code === 0) resolve()
      else
        reject(signal.aborted ? signal.reason : new AppError('model/unavailable', { reason: 'npm could not install the runtime', said: line?.slice(0, 200) }))
    })
  })
}

/** Two thirds of it are for browsers and other machines. */
async function leaveOut(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  const binaries = join(modules, 'onnxruntime-node', 'bin', 'napi-v6')
  for (const platform of await readdir(binaries)) {
    if (platform !== process.platform) await rm(join(binaries, platform), { recursive: true })
    else for (const arch of await readdir(join(binaries, platform))) if (arch !== process.arch) await rm(join(binaries, platform, arch), { recursive: true })
  }
  const web = join(modules, 'onnxruntime-web', 'dist')
  if ((await readJson(join(modules, 'onnxruntime-web', 'package.json'))) !== undefined) await rm(web, { recursive: true, force: true })
}
