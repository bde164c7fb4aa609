import { pathOf } from '../../ui/files-of-drop.ts'

/** Source: the same as the API takes. */
export const LEAST_CHUNK = 32
export const MOST_CHUNK = 8192
export const USUAL_CHUNK = 512
const USUAL_OVERLAP = 64
const LONGEST_NAME = 100

export const mostOverlap = (chunkSize: number): number => Math.min(4096, Math.floor(chunkSize / 2))
export const usualOverlap = (chunkSize: number): number => Math.min(USUAL_OVERLAP, Math.floor(chunkSize / 4))

export type NameProblem = 'empty' | 'long' | 'signs' | 'taken'

export function nameProblem(name: string, taken: ReadonlySet<string>): NameProblem | undefined {
  const trimmed = name.trim()
  if (trimmed === '') return 'empty'
  if (trimmed.length > LONGEST_NAME) return 'long'
  if (/[\p{Cc}\p{Cf}/\\]/u.test(trimmed)) return 'signs'
  return taken.has(trimmed) ? 'taken' : undefined
}

/** The folder that holds all files, or else the first file without its ending; `otherwise` where neither gives one. */
export function proposedName(files: readonly File[], taken: ReadonlySet<string>, otherwise: string): string {
  const paths = files.map(pathOf)
  const folders = new Set(paths.map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')))
  const [folder] = folders
  const raw =
    folders.size === 1 && folder !== undefined && folder !== ''
      ? folder
      : (paths[0]
          ?.split('/')
          .at(-1)
          ?.replace(/\.[^.]{1,8}$/, '') ?? '')
  const words = raw
    .replaceAll(/[\p{Cc}\p{Cf}/\\]+/gu, ' ')
    .replaceAll(/[_\s]+/g, ' ')
    .trim()
    .slice(0, 90)
    .trim()
  const name = words === '' ? otherwise : words
  for (let nth = 1; ; nth += 1) {
    const numbered = nth === 1 ? name : `${name} ${nth}`
    if (!taken.has(numbered)) return numbered
  }
}

/** Adds files; the same path again replaces what was there. */
export function withFiles(files: readonly File[], more: readonly File[]): readonly File[] {
  const byPath = new Map(files.map((file) => [pathOf(file), file]))
  for (const file of more) byPath.set(pathOf(file), file)
  return [...byPath.values()]
}

/** Larger files are not sent to and fro with every move of a slider. */
export const PREVIEWED_BELOW_BYTES = 25_000_000
const TELLING = /\.(?:pdf|docx|md|markdown|html?|txt|odt|epub)$/i

/** The file that shows best how others are cut: text of some length. */
export function fileToShow(files: readonly File[]): File | undefined {
  const small = files.filter(({ size }) => size > 0 && size <= PREVIEWED_BELOW_BYTES)
  const telling = small.filter(({ name, size }) => TELLING.test(name) && size > 2000 && size < 3_000_000)
  return telling[0] ?? small[0]
}
