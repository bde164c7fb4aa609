import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../src/domain/errors.ts'
import { isLoopback, readSettings, SETTINGS } from '../src/settings.ts'

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readSettings(environment)
  } catch (fault) {
    if (fault instanceof AppError && fault.code === 'settings/invalid') return [...(fault.facts.problems as readonly string[])]
    throw fault
  }
  return []
}

test('without an environment the defaults hold', () => {
  const { settings, warnings } = readSettings({})
  expect(settings).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 8000,
    QUARRY_DATA: './data',
    QUARRY_TOKEN: undefined,
    MAX_UPLOAD_MIB: 4096,
    CORS_ORIGINS: [],
    EMBEDDING_MODEL: undefined,
    OPENAI_BASE_URL: undefined,
  })
  expect(warnings).toEqual([])
})

test('an empty variable counts as not set', () => {
  expect(readSettings(Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, ''])))).toEqual(readSettings({}))
})

test('every wrong setting is named at once', () => {
  const problems = problemsOf({
    PORT: '80000',
    QUARRY_TOKEN: 'short',
    LOG_LEVEL: 'loud',
    CORS_ORIGINS: '*',
    MAX_UPLOAD_MIB: '0',
    OPENAI_BASE_URL: 'file:///x',
    TRUSTED_PROXIES: 'all',
    CONCURRENCY: 'many',
  })
  const named = ['PORT', 'QUARRY_TOKEN', 'LOG_LEVEL', 'CORS_ORIGINS', 'MAX_UPLOAD_MIB', 'OPENAI_BASE_URL', 'TRUSTED_PROXIES', 'CONCURRENCY']
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(named.sort())
})

test('no value of any setting is ever told', () => {
  const canary = 'S3CRET-canary-«x»'
  for (const name of Object.keys(SETTINGS)) {
    const told = problemsOf({ [name]: canary, HOST: name === 'HOST' ? canary : '127.0.0.1' })
    expect(told.join('\n')).not.toContain('S3CRET')
  }
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(SETTINGS)), fc.string({ minLength: 6, maxLength: 60 }), (name, value) => {
      fc.pre(!Object.values(SETTINGS).some((row) => `${row.meaning}${name} must be a whole number with at least characters`.includes(value)))
      expect(problemsOf({ [name]: value }).join('\n')).not.toContain(value)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  [{ OIDC_ISSUER: 'https://id.example.com' }, 'OIDC_CLIENT_ID'],
  [{ COGNITO_USER_POOL_ID: 'eu-west-1_AbC', COGNITO_CLIENT_ID: 'x' }, 'AWS_REGION'],
  [{ COGNITO_USER_POOL_ID: 'eu-west-1_AbC', AWS_REGION: 'eu-west-1' }, 'COGNITO_CLIENT_ID'],
  [{ SMTP_URL: 'smtp://mail.example.com', PUBLIC_URL: 'https://quarry.example.com' }, 'MAIL_FROM'],
  [{ SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'quarry@example.com' }, 'PUBLIC_URL'],
])('%j needs %s too', (environment, missing) => {
  expect(problemsOf(environment).join()).toContain(missing)
})

test('one provider at a time, and prices are read', () => {
  const both = {
    OIDC_ISSUER: 'https://id.example.com',
    OIDC_CLIENT_ID: 'x',
    COGNITO_USER_POOL_ID: 'eu-west-1_AbC',
    COGNITO_CLIENT_ID: 'x',
    AWS_REGION: 'eu-west-1',
  }
  expect(problemsOf(both).join()).toContain('both')
  expect(readSettings({ MODEL_PRICES: 'openai:gpt-x=1.25/10, acme:m=0/0' }).settings.MODEL_PRICES).toEqual({
    'openai:gpt-x': { input: 1.25, output: 10 },
    'acme:m': { input: 0, output: 0 },
  })
  for (const wrong of ['openai:gpt-x', 'openai:gpt-x=1', 'openai:gpt-x=-1/2', 'a b=1/2']) expect(problemsOf({ MODEL_PRICES: wrong })).toHaveLength(1)
  for (const wrong of ['http://quarry.example.com', 'https://quarry.example.com/x', 'quarry.example.com'])
    expect(problemsOf({ PUBLIC_URL: wrong }), wrong).toHaveLength(1)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['localhost', true],
  ['[::1]', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  ['0.0.0.0', false],
  ['128.0.0.1', false],
])('%s is this machine alone: %s', (host, alone) => {
  expect(isLoopback(host)).toBe(alone)
})

test('an unknown QUARRY_ variable is warned of with the nearest name; others are none of our business', () => {
  const { warnings } = readSettings({ QUARRY_TOKN: 'x', QUARRY_NOTHING_LIKE_IT: 'y', PATH: '/bin' })
  expect(warnings).toEqual(['QUARRY_TOKN is not a setting; did you mean QUARRY_TOKEN?', 'QUARRY_NOTHING_LIKE_IT is not a setting'])
})

test.each(['10.0.0.0/99', '1.2.3', 'proxy.local', '10.0.0.1/', '::1/200'])('%s is not a proxy address', (TRUSTED_PROXIES) => {
  expect(problemsOf({ TRUSTED_PROXIES })).toHaveLength(1)
})

test('lists take commas and blanks', () => {
  const { settings } = readSettings({ ALLOWED_HOSTS: 'a.example, b.example,', TRUSTED_PROXIES: '10.0.0.0/8,::1' })
  expect(settings.ALLOWED_HOSTS).toEqual(['a.example', 'b.example'])
  expect(settings.TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '::1'])
})
