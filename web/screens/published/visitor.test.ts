import { AppError, type Client } from 'quarry-engine/client'
import { describe, expect, it } from 'vitest'
import { tokenShelf, visitorOf } from './visitor.ts'

function storage() {
  const kept = new Map<string, string>()
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
}
const closed = () => {
  throw new DOMException('no', 'SecurityError')
}
function played() {
  let visits = 0
  const clientOf = (token: string | undefined) =>
    ({ call: async () => ({ token: `t${++visits}`, expires_at: '' }), token }) as unknown as Client & { readonly token: string | undefined }
  return { clientOf, visits: () => visits }
}
const tokenIn = (client: Client) => (client as unknown as { readonly token: string }).token

describe('a visitor', () => {
  it('begins one visit, however much asks for it, and keeps it for the next', async () => {
    const { clientOf, visits } = played()
    const store = storage()
    const visitor = visitorOf({ shelf: tokenShelf('p', () => store), clientOf, publication: 'p' })
    expect(visitor.known()).toBe(false)
    const tokens = await Promise.all([1, 2, 3].map(() => visitor.as(async (client) => tokenIn(client))))
    expect(tokens).toEqual(['t1', 't1', 't1'])
    expect(visits()).toBe(1)
    expect(visitorOf({ shelf: tokenShelf('p', () => store), clientOf, publication: 'p' }).known()).toBe(true)
    expect(visitorOf({ shelf: tokenShelf('other', () => store), clientOf, publication: 'other' }).known()).toBe(false)
  })

  it('lasts as long as the page where storage is closed', async () => {
    const { clientOf, visits } = played()
    const visitor = visitorOf({ shelf: tokenShelf('p', closed), clientOf, publication: 'p' })
    expect(await visitor.as(async (client) => tokenIn(client))).toBe('t1')
    expect(await visitor.as(async (client) => tokenIn(client))).toBe('t1')
    expect(visits()).toBe(1)
    expect(visitor.lasts()).toBe(false)
  })

  it('begins again, once, when its token no longer counts', async () => {
    const { clientOf, visits } = played()
    const visitor = visitorOf({ shelf: tokenShelf('p', () => store), clientOf, publication: 'p' })
    const store = storage()
    await visitor.as(async () => undefined)
    const used: string[] = []
    const refuses = async (client: Client) => {
      used.push(tokenIn(client))
      throw new AppError('auth/invalid')
    }
    await expect(visitor.as(refuses)).rejects.toThrow(AppError)
    expect(used).toEqual(['t1', 't2'])
    expect(visits()).toBe(2)
    await expect(
      visitor.as(async () => {
        throw new AppError('limit/rate')
      }),
    ).rejects.toMatchObject({ code: 'limit/rate' })
    expect(visits()).toBe(2)
  })
})
