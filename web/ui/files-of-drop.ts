/** Where a file lay in the folder that was dropped or chosen. Kept beside the file, because a File cannot be told its path. */
const paths = new WeakMap<File, string>()

/** The path within what was dropped, such as "handbook/leave.pdf"; of a single file its name. */
export function pathOf(file: File): string {
  return paths.get(file) ?? (file.webkitRelativePath || file.name)
}

export interface FoundFiles {
  readonly files: readonly File[]
  /** Hidden files, and what systems leave in folders. */
  readonly skipped: number
  /** Of what the browser could not read. */
  readonly unreadable: readonly string[]
}

const names = new Intl.Collator('en', { numeric: true })
const LEFT_BY_SYSTEMS: ReadonlySet<string> = new Set(['__macosx', 'thumbs.db', 'desktop.ini', 'ehthumbs.db', '$recycle.bin', 'system volume information'])

/** Whether people never mean it when they give a folder; `path` with slashes. */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part.startsWith('~$') || LEFT_BY_SYSTEMS.has(part.toLowerCase()))
}

/** Files that an input field gave: single ones, or those of a folder. */
export function filesOfInput(list: Iterable<File>): FoundFiles {
  const all = [...list]
  // Browsers give the files of a folder in the order of the disk.
  const files = all.filter((file) => !isHidden(pathOf(file))).sort((left, right) => names.compare(pathOf(left), pathOf(right)))
  return { files, skipped: all.length - files.length, unreadable: [] }
}

/** What of a `FileSystemEntry` is used here. */
export interface Entry {
  readonly isFile: boolean
  readonly isDirectory: boolean
  readonly name: string
  readonly fullPath: string
}
interface FileEntry extends Entry {
  file(found: (file: File) => void, failed: (fault: unknown) => void): void
}
interface FolderEntry extends Entry {
  createReader(): { readEntries(found: (entries: readonly Entry[]) => void, failed: (fault: unknown) => void): void }
}

/**
 * Files and folders of a drop, with all that lies in them. Must be called in the handler of the drop itself: the browser
 * empties the transfer afterwards.
 */
export function filesOfDrop(transfer: Pick<DataTransfer, 'items' | 'files'>): Promise<FoundFiles> {
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === 'file' && 'webkitGetAsEntry' in item ? item.webkitGetAsEntry() : null
    return entry === null ? [] : [entry as Entry]
  })
  return entries.length === 0 ? Promise.resolve(filesOfInput(transfer.files)) : filesOfEntries(entries)
}

/** Walks folders one after the other, so that a thousand of them do not open a thousand readers at once. */
export async function filesOfEntries(roots: readonly Entry[]): Promise<FoundFiles> {
  const files: File[] = []
  const unreadable: string[] = []
  let skipped = 0
  const waiting = [...roots].reverse()
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const path = entry.fullPath.replace(/^\/+/, '')
    if (isHidden(path)) {
      skipped += 1
      continue
    }
    try {
      if (entry.isDirectory) {
        const within = await entriesOf(entry as FolderEntry)
        waiting.push(...within.toSorted((left, right) => names.compare(right.name, left.name)))
      } else if (entry.isFile) {
        const file = await new Promise<File>((found, failed) => (entry as FileEntry).file(found, failed))
        paths.set(file, path)
        files.push(file)
      }
    } catch {
      unreadable.push(path) // told to the person: a file without the right to read it, or gone meanwhile
    }
  }
  return { files, skipped, unreadable }
}

/** A reader gives a folder in parts and then an empty one. */
async function entriesOf(folder: FolderEntry): Promise<Entry[]> {
  const reader = folder.createReader()
  const all: Entry[] = []
  for (;;) {
    const part = await new Promise<readonly Entry[]>((found, failed) => reader.readEntries(found, failed))
    if (part.length === 0) return all
    all.push(...part)
  }
}
