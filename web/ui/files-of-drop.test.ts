import { describe, expect, test } from 'vitest'
import { type Entry, filesOfEntries, filesOfInput, isHidden, pathOf } from './files-of-drop.ts'

const file = (path: string): Entry => {
  const name = path.split('/').at(-1) ?? ''
  return { isFile: true, isDirectory: false, name, fullPath: path, file: (found: (file: File) => void) => found(new File(['x'], name)) } as Entry
}
const broken = (path: string): Entry =>
  ({ isFile: true, isDirectory: false, name: path, fullPath: path, file: (_: unknown, failed: (fault: unknown) => void) => failed(new Error('no')) }) as Entry

/** Gives its entries in parts of 100, as Chromium does. */
function folder(path: string, entries: readonly Entry[]): Entry {
  const createReader = () => {
    let at = 0
    return {
      readEntries: (found: (part: readonly Entry[]) => void) => {
        found(entries.slice(at, at + 100))
        at += 100
      },
    }
  }
  return { isFile: false, isDirectory: true, name: path.split('/').at(-1) ?? '', fullPath: path, createReader } as Entry
}

describe('files of a drop', () => {
  test('folders are walked whole, with paths, in the order of their names', async () => {
    const many = Array.from({ length: 250 }, (_, index) => file(`/docs/many/${String(index).padStart(3, '0')}.txt`))
    const found = await filesOfEntries([folder('/docs', [file('/docs/b.txt'), folder('/docs/many', many), file('/docs/a.txt')])])
    expect(found.files).toHaveLength(252)
    expect(found.files.slice(0, 3).map(pathOf)).toEqual(['docs/a.txt', 'docs/b.txt', 'docs/many/000.txt'])
    expect(found.skipped).toBe(0)
  })

  test('hidden files are skipped and counted, unreadable ones are named', async () => {
    const found = await filesOfEntries([
      folder('/d', [file('/d/.DS_Store'), folder('/d/.git', [file('/d/.git/config')]), file('/d/ok.txt')]),
      broken('/gone.txt'),
    ])
    expect(found.files.map(pathOf)).toEqual(['d/ok.txt'])
    expect(found).toMatchObject({ skipped: 2, unreadable: ['gone.txt'] })
  })

  test('an input field gives names, or paths of a folder', () => {
    const [plain, hidden] = [new File(['x'], 'a.txt'), new File(['x'], '.env')]
    expect(filesOfInput([plain, hidden])).toEqual({ files: [plain], skipped: 1, unreadable: [] })
    expect(pathOf(plain)).toBe('a.txt')
  })

  test.each(['.git/x', 'a/.DS_Store', 'a/__MACOSX/b', 'Thumbs.db', '~$draft.docx'])('%s is hidden', (path) => expect(isHidden(path)).toBe(true))
  test.each(['a.b/c.txt', 'notes~.txt', 'a/b.c'])('%s is not', (path) => expect(isHidden(path)).toBe(false))
})
