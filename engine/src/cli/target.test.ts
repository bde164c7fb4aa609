import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Profile } from './profiles.ts'
import { type Chosen, serverAddress, targetOf } from './target.ts'
import { CommandFault } from './words.ts'

const A = 'https://a.example'
const B = 'https://b.example'
const profile = (name: string, server: string, more: Partial<Profile> = {}): Profile => ({
  name,
  server,
  token: `token-for-${server}`,
  email: null,
  expiresAt: null,
  insecureHttp: false,
  ...more,
})
const NO_SETTINGS = { QUARRY_SERVER: undefined, QUARRY_API_KEY: undefined }
const target = (
  chosen: Chosen,
  settings: Partial<Record<keyof typeof NO_SETTINGS, string>>,
  profiles: readonly Profile[] = [],
  current: string | null = null,
) => targetOf(chosen, { ...NO_SETTINGS, ...settings }, { current, profiles })
const faultOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof CommandFault) return `${error.message} ${error.hint}`
    throw error
  }
  return ''
}

describe('where a command goes', () => {
  const profiles = [profile('a', A), profile('b', B)]

  test('nothing is said: this machine, or the current profile', () => {
    expect(target({}, {})).toEqual({ kind: 'local', token: undefined })
    expect(target({}, {}, profiles)).toEqual({ kind: 'local', token: undefined })
    expect(target({}, {}, profiles, 'gone')).toEqual({ kind: 'local', token: undefined })
    expect(target({}, {}, profiles, 'b')).toMatchObject({ kind: 'remote', address: B, token: `token-for-${B}`, isDefault: true })
  })

  test('options before the environment, the environment before the current profile', () => {
    expect(target({ server: B }, { QUARRY_SERVER: A, QUARRY_API_KEY: 'key' }, profiles, 'a')).toMatchObject({
      address: B,
      token: `token-for-${B}`,
      isDefault: false,
    })
    expect(target({ profile: 'b' }, { QUARRY_SERVER: A, QUARRY_API_KEY: 'key' }, profiles, 'a')).toMatchObject({ address: B, token: `token-for-${B}` })
    expect(target({ profile: 'local' }, { QUARRY_SERVER: A, QUARRY_API_KEY: 'key' }, profiles, 'a')).toEqual({ kind: 'local', token: undefined })
    expect(target({}, { QUARRY_SERVER: A }, profiles, 'b')).toMatchObject({ address: A, token: `token-for-${A}` })
    expect(target({}, { QUARRY_SERVER: A, QUARRY_API_KEY: 'key' }, profiles, 'b')).toMatchObject({ address: A, token: 'key', profile: undefined })
    expect(target({}, { QUARRY_API_KEY: 'key' }, profiles, 'b')).toEqual({ kind: 'local', token: 'key' })
    expect(target({ server: B }, { QUARRY_API_KEY: 'key' }, profiles, 'a')).toMatchObject({ address: B, token: 'key' })
    expect(target({ server: 'https://c.example' }, {}, profiles, 'a')).toMatchObject({ token: undefined })
  })

  test('a token never goes to another server than its own', () => {
    const server = fc.constantFrom(A, B, 'https://c.example')
    const one = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), server })
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { selector: ({ name }) => name, maxLength: 4 }),
        fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
        fc.option(server, { nil: undefined }),
        fc.option(fc.constantFrom('a', 'b', 'local'), { nil: undefined }),
        fc.option(server, { nil: undefined }),
        fc.boolean(),
        (known, current, givenServer, givenProfile, envServer, withKey) => {
          const chosen = { ...(givenServer === undefined ? {} : { server: givenServer }), ...(givenProfile === undefined ? {} : { profile: givenProfile }) }
          const settings = { ...(envServer === undefined ? {} : { QUARRY_SERVER: envServer }), ...(withKey ? { QUARRY_API_KEY: 'key' } : {}) }
          let found: ReturnType<typeof target>
          try {
            found = target(
              chosen,
              settings,
              known.map(({ name, server: where }) => profile(name, where)),
              current,
            )
          } catch (error) {
            expect(error).toBeInstanceOf(CommandFault)
            return
          }
          if (found.kind === 'local') {
            expect([undefined, 'key']).toContain(found.token)
            return
          }
          if (givenServer !== undefined) expect(found.address).toBe(givenServer)
          if (found.token === 'key' && envServer !== undefined) expect(found.address).toBe(envServer)
          if (found.token !== undefined && found.token !== 'key') expect(found.token).toBe(`token-for-${found.address}`)
          if (givenProfile !== undefined) expect(found.token).not.toBe('key')
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('what is unclear is asked', () => {
    const two = [profile('ann', A), profile('bob', A)]
    expect(faultOf(() => target({ server: A }, {}, two))).toMatch(/more than once.*--profile.*ann, bob/)
    expect(target({ server: A }, {}, two, 'bob')).toMatchObject({ profile: { name: 'bob' } })
    expect(faultOf(() => target({ server: B, profile: 'ann' }, {}, two))).toMatch(/not for https:\/\/b\.example/)
    expect(faultOf(() => target({ profile: 'cid' }, {}, two))).toMatch(/no profile cid.*ann, bob, and local/)
  })
})

describe('addresses', () => {
  test.each([
    ['quarry.example.com', 'https://quarry.example.com'],
    ['https://Quarry.example.com:443/', 'https://quarry.example.com'],
    ['quarry.example.com:8443', 'https://quarry.example.com:8443'],
    ['https://example.com/quarry/', 'https://example.com/quarry'],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['localhost:8000', 'http://localhost:8000'],
    ['[::1]:8000', 'http://[::1]:8000'],
    ['http://192.168.1.5:8000', 'http://192.168.1.5:8000'],
  ])('%s is %s', (typed, address) => {
    expect(serverAddress(typed)).toBe(address)
    expect(serverAddress(address)).toBe(address)
  })

  test.each(['', ' ', 'ftp://a.example', 'https://', 'https://a.example?x=1', 'https://a.example#x', 'a b', 'file:///etc/passwd', 'javascript:alert(1)'])(
    '%j is refused',
    (typed) => {
      expect(faultOf(() => serverAddress(typed))).toMatch(/not the address/)
    },
  )

  test('one with a password is refused without being repeated', () => {
    for (const typed of ['https://ann:S3CRET@a.example', 'ann:S3CRET@a.example', 'https://S3CRET@a.example', 'ftp://x:S3CRET@a'])
      expect(faultOf(() => serverAddress(typed))).toMatch(/^(?!.*S3CRET).+/)
  })

  test('a token travels in clear only within this machine, or when it is agreed', () => {
    const open = 'http://192.168.1.5:8000'
    expect(faultOf(() => target({ server: open }, { QUARRY_API_KEY: 'key' }))).toMatch(/not encrypted.*--insecure-http/)
    expect(faultOf(() => target({}, { QUARRY_SERVER: open, QUARRY_API_KEY: 'key' }))).toMatch(/not encrypted/)
    expect(faultOf(() => target({}, {}, [profile('x', open)], 'x'))).toMatch(/not encrypted/)
    expect(faultOf(() => target({ server: 'http://127.0.0.1.evil.example' }, {}))).toMatch(/not encrypted/)
    expect(target({ server: open, insecureHttp: true }, { QUARRY_API_KEY: 'key' })).toMatchObject({ address: open })
    expect(target({}, {}, [profile('x', open, { insecureHttp: true })], 'x')).toMatchObject({ address: open })
    for (const near of ['http://127.0.0.1:8000', 'http://localhost:8000', 'http://[::1]:8000'])
      expect(target({ server: near }, {})).toMatchObject({ address: near })
  })
})
