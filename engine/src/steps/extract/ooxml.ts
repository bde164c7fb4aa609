import { posix } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { isCompound, openCompound } from './doc-compound.ts'
import type { ExtractLimits, Source } from './reader.ts'
import { children, readXml, textOf, type XmlElement, type XmlHandlers } from './xml-stream.ts'
import { openZip, type ZipParts } from './zip.ts'

export interface Relationship {
  readonly id: string
  /** The last word of the type's address: `officeDocument`, `slide`, `footnotes`, `notesSlide` … */
  readonly type: string
  /** Path of a part in this package. Relationships that lead outside are left out. */
  readonly target: string
}

/** A zip of XML parts: OOXML, OpenDocument. */
export interface Package {
  readonly zip: ZipParts
  has(part: string): boolean
  relationships(part: string): Promise<readonly Relationship[]>
  tree(part: string, drop?: ReadonlySet<string>): Promise<XmlElement>
  stream(part: string, handlers: XmlHandlers): Promise<void>
  /** Reads a part that may be missing or damaged: undefined then, with a warning when it is damaged. */
  optional(part: string | undefined, drop?: ReadonlySet<string>): Promise<XmlElement | undefined>
}

/** @throws AppError document/encrypted, document/truncated, document/corrupt, document/hostile */
export function openPackage(source: Source, limits: ExtractLimits, out: TextBuilder): Package {
  refuseCompound(source)
  const zip = openZip(source, limits)
  const byLowerName = new Map(zip.names.map((name) => [name.toLowerCase(), name]))
  const nameOf = (part: string): string => (zip.entry(part) === undefined ? (byLowerName.get(part.toLowerCase()) ?? part) : part)
  const warnEntities = (): void => out.warn('The file declares entities of its own. They were left out.')

  async function stream(part: string, handlers: XmlHandlers): Promise<void> {
    const name = nameOf(part)
    await readXml(zip.stream(name), { entities: warnEntities, ...handlers }, limits, name)
    if (zip.damaged.includes(name)) out.warn('A part of the file does not match its checksum. Some of its text may be wrong.')
  }

  async function tree(part: string, drop?: ReadonlySet<string>): Promise<XmlElement> {
    let root: XmlElement | undefined
    const handlers: XmlHandlers = {
      open: () => 'unit',
      unit: (element) => {
        root = element
      },
      ...(drop === undefined ? {} : { drop }),
    }
    await stream(part, handlers)
    if (root === undefined) throw new AppError('document/corrupt', { part })
    return root
  }

  async function optional(part: string | undefined, drop?: ReadonlySet<string>): Promise<XmlElement | undefined> {
    if (part === undefined || zip.entry(nameOf(part)) === undefined) return undefined
    return await readable(out, part, () => tree(part, drop))
  }

  return {
    zip,
    has: (part) => zip.entry(nameOf(part)) !== undefined,
    async relationships(part) {
      const folder = posix.dirname(part)
      const path = part === '' ? '_rels/.rels' : posix.join(folder, '_rels', `${posix.basename(part)}.rels`)
      const root = await optional(path)
      return children(root, 'Relationship').flatMap(({ attributes }) => {
        const { Id, Type, Target, TargetMode } = attributes
        if (Id === undefined || Target === undefined || TargetMode === 'External') return []
        const target = nameOf(Target.startsWith('/') ? posix.normalize(Target.slice(1)) : posix.join(part === '' ? '' : folder, Target))
        return [{ id: Id, type: (Type ?? '').split('/').at(-1) ?? '', target }]
      })
    },
    tree,
    stream,
    optional,
  }
}

/** Runs `read`; damage of a part becomes a warning and undefined. Limits and encryption still end the reading. */
export async function readable<T>(out: TextBuilder, what: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'document/corrupt' && error.code !== 'document/truncated')) throw error
    out.warn(`A part of the file is damaged and was left out: ${what}.`)
    if (!damages.has(out)) damages.set(out, error)
    return undefined
  }
}

const damages = new WeakMap<TextBuilder, AppError>()

/** When damage has left no text at all, the damage is the answer. @throws AppError document/corrupt, document/truncated */
export function refuseEmptied(out: TextBuilder): void {
  const damage = out.length === 0 ? damages.get(out) : undefined
  if (damage !== undefined) throw damage
}

/** An OLE container in place of a zip is an encrypted document, or one of the old formats under a new name. */
function refuseCompound(source: Source): void {
  if (!isCompound(source.at(0, 512))) return
  const names = openCompound(source.bytes()).names
  if (names.some((name) => name === 'encryptedpackage' || name === 'encryptioninfo')) throw new AppError('document/encrypted')
  throw new AppError('document/unsupported', { expected: 'a zip container', found: 'an OLE container' })
}

/** The main part by its relationship, else by its usual place. @throws AppError document/corrupt */
export async function mainPart(pack: Package, usual: string): Promise<string> {
  const main = (await pack.relationships('')).find((relationship) => relationship.type === 'officeDocument')?.target
  if (main !== undefined && pack.has(main)) return main
  if (pack.has(usual)) return usual
  throw new AppError('document/corrupt', { missing: usual })
}

const CORE: Readonly<Record<string, string>> = {
  'dc:creator': 'author',
  'dc:subject': 'subject',
  'dc:description': 'description',
  'dc:language': 'language',
  'cp:keywords': 'keywords',
  'cp:category': 'category',
  'cp:lastModifiedBy': 'last_modified_by',
  'dcterms:created': 'created',
  'dcterms:modified': 'modified',
}

/** Title, author, dates … from docProps. */
export async function readCoreProperties(pack: Package, out: TextBuilder): Promise<void> {
  const part = (await pack.relationships('')).find((relationship) => relationship.type === 'core-properties')?.target ?? 'docProps/core.xml'
  const root = await pack.optional(part)
  for (const element of children(root)) {
    const text = textOf(element).trim()
    if (text === '') continue
    if (element.name === 'dc:title') out.title = text
    else if (Object.hasOwn(CORE, element.name)) out.property(CORE[element.name] ?? element.name, text)
  }
}
