import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../..')
/** What runs, and what is made of its sources: tests and tools are no part of it. */
const WORKSPACES = ['', 'engine', 'web'] as const

export interface Package {
  readonly name: string
  readonly version: string | undefined
  /** As the package says: an SPDX expression when it keeps to the custom. */
  readonly license: string | undefined
}

export interface About {
  readonly version: string
  readonly node: string
  readonly license: string
  /** By name, then version; our own are not among them. */
  readonly packages: readonly Package[]
}

interface Manifest {
  readonly name?: unknown
  readonly version?: unknown
  readonly license?: unknown
  readonly licenses?: unknown
  readonly link?: unknown
  readonly resolved?: unknown
  readonly dependencies?: unknown
  readonly optionalDependencies?: unknown
}

let known: About | undefined

/** Read once: what is installed does not change under a running server. */
export function about(): About {
  known ??= aboutOf(ROOT)
  return known
}

/**
 * What an installation is made of, by its package-lock.json and what lies in node_modules; with no lock only what is asked for
 * directly. What is missing or cannot be read is left out or told as undefined.
 */
export function aboutOf(root: string): About {
  const own = readJson(join(root, 'package.json'))
  const lock = readJson(join(root, 'package-lock.json'))?.packages
  const places = typeof lock === 'object' && lock !== null ? locked(lock as Readonly<Record<string, Manifest>>) : asked(root)
  const packages = new Map<string, Package>()
  for (const [place, given] of places) {
    const found = readJson(join(root, place, 'package.json'))
    // A package for other machines stands in the lock and was not installed.
    if (found === undefined && given.optional) continue
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const version = textOf(found?.version) ?? given.version
    packages.set(`${name}@${version}`, { name, version, license: licenseOf(found) ?? given.license })
  }
  return {
    version: textOf(own?.version) ?? 'unknown',
    node: process.versions.node,
    license: licenseOf(own) ?? 'unknown',
    packages: [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
  }
}

interface Given {
  readonly version: string | undefined
  readonly license: string | undefined
  readonly optional: boolean
}

/** Everything that the workspaces need to run, by where it lies. */
function locked(lock: Readonly<Record<string, Manifest>>): Map<string, Given> {
  const found = new Map<string, Given>()
  const waiting = WORKSPACES.filter((place) => Object.hasOwn(lock, place)).map((place): readonly [string, boolean] => [place, false])
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [from, isOptional] = next
    const { dependencies, optionalDependencies } = lock[from] ?? {}
    for (const [names, optional] of [
      [namesOf(dependencies), isOptional],
      [namesOf(optionalDependencies), true],
    ] as const) {
      for (const name of names) {
        const place = placeOf(lock, from, name)
        const entry = place === undefined ? undefined : lock[place]
        if (place === undefined || entry === undefined || entry.link === true) continue
        const before = found.get(place)
        if (before !== undefined && (before.optional === false || optional)) continue
        found.set(place, { version: textOf(entry.version), license: licenseOf(entry), optional })
        waiting.push([place, optional])
      }
    }
  }
  return found
}

/** Node looks beside a package first, then in each folder above. */
function placeOf(lock: Readonly<Record<string, Manifest>>, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (Object.hasOwn(lock, place)) return place
    if (at === '') return undefined
  }
}

function asked(root: string): Map<string, Given> {
  const names = WORKSPACES.flatMap((place) => namesOf(readJson(join(root, place, 'package.json'))?.dependencies))
  const there = names.filter((name) => existsSync(join(root, 'node_modules', name, 'package.json')))
  return new Map(
    there.filter((name) => !/^quarry(?:-|$)/.test(name)).map((name) => [`node_modules/${name}`, { version: undefined, license: undefined, optional: false }]),
  )
}

function namesOf(dependencies: unknown): string[] {
  return typeof dependencies === 'object' && dependencies !== null ? Object.keys(dependencies) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
}

/** Old packages write an object, or a list of them. */
function licenseOf(manifest: Manifest | undefined): string | undefined {
  const value = manifest?.license ?? manifest?.licenses
  const parts = (Array.isArray(value) ? value : [value]).map((one: unknown) =>
    textOf(typeof one === 'object' && one !== null && 'type' in one ? one.type : one),
  )
  const told = parts.filter((part) => part !== undefined)
  return told.length === 0 ? undefined : told.join(' OR ')
}

function readJson(path: string): (Manifest & { readonly packages?: unknown }) | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined // not installed, or not for us to judge
  }
}
