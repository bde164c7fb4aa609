import { AppError } from 'quarry-engine/client'
import { describe, expect, test } from 'vitest'
import { isHalting, isUnreachable, mayPass, waitAfter } from './faults.ts'

describe('faults of sending', () => {
  test.each([
    ['server/unreachable', {}, true, true, true],
    ['store/unavailable', {}, true, true, true],
    ['server/closing', {}, true, true, true],
    ['internal', { status: 502 }, true, true, true],
    ['internal', { request_id: 'req_1' }, false, false, false],
    ['auth/required', {}, true, false, false],
    ['limit/rate', { retry_after: 3 }, true, true, false],
    ['limit/storage', {}, false, undefined, false],
    ['document/encrypted', {}, false, false, false],
    ['database/not-found', {}, true, false, false],
  ] as const)('%s %j', (code, facts, halts, passes, unreachable) => {
    const fault = new AppError(code, facts)
    expect(isHalting(fault)).toBe(halts)
    if (passes !== undefined) expect(mayPass(fault)).toBe(passes)
    expect(isUnreachable(fault)).toBe(unreachable)
  })

  test('waits as long as it was told, else longer each time', () => {
    expect(waitAfter(new AppError('limit/rate', { retry_after: 3 }), 1, 30_000)).toBe(3000)
    for (const faults of [1, 3, 20]) {
      const wait = waitAfter(new Error('x'), faults, 30_000)
      expect(wait).toBeGreaterThanOrEqual(Math.min(30_000, 500 * 2 ** faults) / 2)
      expect(wait).toBeLessThanOrEqual(30_000)
    }
  })
})
