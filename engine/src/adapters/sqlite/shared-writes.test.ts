import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteFile, type SqliteFile } from './database.ts'
import { sharedWrites } from './shared-writes.ts'

const MIGRATIONS = [{ name: '0001', sql: 'CREATE TABLE said (word TEXT PRIMARY KEY) STRICT' }]
let folder: string
let file: SqliteFile
let transactions = 0

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-shared-writes-'))
  const opened = openSqliteFile({ path: join(folder, 'it.sqlite'), applicationId: 7, migrations: MIGRATIONS })
  transactions = 0
  file = {
    ...opened,
    write(work, options) {
      transactions += 1
      return opened.write(work, options)
    },
  }
})
afterEach(() => {
  file.close()
  rmSync(folder, { recursive: true, force: true })
})

const say = (word: string) => () => void file.run('INSERT INTO said VALUES (?)', word)
const said = () => file.all('SELECT word FROM said ORDER BY word').map(({ word }) => word)

test('the first is written at once, and those that follow it together', async () => {
  const write = sharedWrites(file, 30)
  const first = write(say('a'))
  expect(said()).toEqual(['a'])
  const rest = ['b', 'c', 'd'].map((word) => write(say(word)))
  expect(said()).toEqual(['a'])
  await Promise.all([first, ...rest])
  expect([said(), transactions]).toEqual([['a', 'b', 'c', 'd'], 2])
})

test('what cannot be written fails alone', async () => {
  const write = sharedWrites(file, 30)
  await write(say('a'))
  const results = await Promise.allSettled([write(say('b')), write(say('a')), write(say('c'))])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(said()).toEqual(['a', 'b', 'c'])
})

test('what waits when the file is closed fails', async () => {
  const write = sharedWrites(file, 30)
  await write(say('a'))
  const late = write(say('b'))
  file.close()
  await expect(late).rejects.toThrow()
})
