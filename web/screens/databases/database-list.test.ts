import { describe, expect, test } from 'vitest'
import { found, type Listed, pressed, stateOf } from './database-list.ts'

const counts = { queued: 0, processing: 0, ready: 0, failed: 0, archive: 0, total: 0 }
function database(name: string, news: Partial<Listed> = {}): Listed {
  return {
    id: `db_${name}`,
    name,
    description: null,
    bytes: 0,
    documents: counts,
    jobs: { queued: 0, running: 0 },
    last_activity_at: '2026-01-01T00:00:00.000Z',
    ...news,
  } as Listed
}
const names = (list: readonly Listed[]) => list.map(({ name }) => name)
const byName = { by: 'name', ascending: true } as const

describe('the list of databases', () => {
  test('every word must be found, in name, description or id', () => {
    const all = [database('Leave', { description: 'For new colleagues' }), database('Travel')]
    expect(names(found(all, 'COLLEAGUES leave', byName))).toEqual(['Leave'])
    expect(names(found(all, 'db_travel', byName))).toEqual(['Travel'])
    expect(names(found(all, '  ', byName))).toEqual(['Leave', 'Travel'])
    expect(found(all, 'leave travel', byName)).toEqual([])
  })

  test('sorted as people count, equals by name', () => {
    const all = [database('Part 10', { bytes: 5 }), database('part 2', { bytes: 5 }), database('a', { bytes: 9 })]
    expect(names(found(all, '', byName))).toEqual(['a', 'part 2', 'Part 10'])
    expect(names(found(all, '', { by: 'size', ascending: false }))).toEqual(['a', 'part 2', 'Part 10'])
    expect(names(found(all, '', { by: 'size', ascending: true }))).toEqual(['part 2', 'Part 10', 'a'])
  })

  test('a second press turns the order round', () => {
    expect(pressed(byName, 'name')).toEqual({ by: 'name', ascending: false })
    expect(pressed(byName, 'size')).toEqual({ by: 'size', ascending: false })
    expect(pressed({ by: 'size', ascending: false }, 'name')).toEqual(byName)
  })

  test('states', () => {
    const jobs = { queued: 0, running: 0 }
    expect(stateOf({ documents: counts, jobs })).toBe('empty')
    expect(stateOf({ documents: { ...counts, queued: 1, ready: 3, total: 4 }, jobs })).toBe('processing')
    expect(stateOf({ documents: { ...counts, failed: 2, total: 2 }, jobs })).toBe('failed')
    expect(stateOf({ documents: { ...counts, failed: 2, ready: 1, total: 3 }, jobs })).toBe('ready')
    expect(stateOf({ documents: { ...counts, ready: 1, total: 1 }, jobs: { queued: 0, running: 1 } })).toBe('processing')
  })
})
