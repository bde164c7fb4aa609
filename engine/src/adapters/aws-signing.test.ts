import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectModelFault } from '../ports/embedder.contract.ts'
import { type AwsKeys, awsCredentials, awsHttp, awsSign } from './aws-signing.ts'

const KEYS: AwsKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const NOW = Date.UTC(2015, 7, 30, 12, 36)
const DATE = '20150830T123600Z'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** Signature version 4 as its documentation describes it, from scratch. `path` is the path as it is sent. */
function signatureOf(service: string, method: string, path: string, query: string, headers: Readonly<Record<string, string>>, body: string): string {
  const names = Object.keys(headers).sort()
  const twice = path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`))
    .join('/')
  const canonical = [
    method,
    twice,
    query,
    ...names.map((name) => `${name}:${headers[name]?.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n')
  const scope = `${DATE.slice(0, 8)}/us-east-1/${service}/aws4_request`
  const key = [DATE.slice(0, 8), 'us-east-1', service, 'aws4_request'].reduce<string | Buffer>((left, part) => hmac(left, part), `AWS4${KEYS.secretAccessKey}`)
  return hmac(key, ['AWS4-HMAC-SHA256', DATE, scope, sha256(canonical)].join('\n')).toString('hex')
}

const sign = (service: string, keys = KEYS) => awsSign({ service, region: 'us-east-1', credentials: async () => keys, now: () => NOW })

describe('signatures', () => {
  test('the other computation is right by what AWS published', () => {
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': DATE }
    expect(signatureOf('service', 'GET', '/', '', headers, '')).toBe('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
    expect(signatureOf('service', 'POST', '/', '', headers, '')).toBe('5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b')
    expect(signatureOf('service', 'GET', '/', 'Param1=value1&Param2=value2', headers, '')).toBe(
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    )
  })
  test('those that we send agree with it, for any model, endpoint and body', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.json(),
        fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{8,60}$/)),
        async (name, body, token) => {
          const path = `/model/${encodeURIComponent(name)}/converse-stream`
          fc.pre(new URL(`https://x${path}`).pathname === path)
          const keys = token === null ? KEYS : { ...KEYS, sessionToken: token }
          const given = { 'content-type': 'application/json', accept: 'application/json' }
          const added = await sign('bedrock', keys)({ method: 'POST', url: `https://bedrock-runtime.us-east-1.amazonaws.com${path}`, headers: given, body })
          const { authorization = '', ...rest } = added
          const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? []
          const sent: Record<string, string> = { ...given, ...rest, host: 'bedrock-runtime.us-east-1.amazonaws.com' }
          expect(names.toSorted()).toEqual(Object.keys(sent).sort())
          expect(authorization).toContain(`Signature=${signatureOf('bedrock', 'POST', path, '', sent, body)}`)
          expect(rest['x-amz-security-token']).toBe(token ?? undefined)
        },
      ),
      { numRuns: 60 },
    )
  })
  test.each([
    ['a port', 'http://127.0.0.1:8080/rerank', '127.0.0.1:8080', '/rerank', ''],
    ['a query', 'https://x.example/a?b=2&a=1', 'x.example', '/a', 'a=1&b=2'],
  ])('%s is part of what is signed', async (_, url, host, path, query) => {
    const { authorization = '', ...rest } = await sign('bedrock')({ method: 'POST', url, headers: {}, body: '{}' })
    expect(authorization).toContain(`Signature=${signatureOf('bedrock', 'POST', path, query, { ...rest, host }, '{}')}`)
  })
})

describe('credentials', () => {
  const at = (time: number) => {
    const clock = { time, now: () => clock.time }
    return clock
  }
  test('are kept until shortly before they expire, and looked for once by many at a time', async () => {
    const clock = at(0)
    let found = 0
    const credentials = awsCredentials({
      find: async () => {
        found += 1
        return { ...KEYS, accessKeyId: `key${found}`, expiration: new Date(clock.time + 10 * 60_000) }
      },
      now: clock.now,
    })
    await Promise.all(Array.from({ length: 20 }, credentials))
    clock.time += 4 * 60_000
    expect((await credentials()).accessKeyId).toBe('key1')
    clock.time += 2 * 60_000
    expect((await credentials()).accessKeyId).toBe('key2')
    expect(found).toBe(2)
  })
  test('without an end are looked for again after a while: their file may have changed', async () => {
    const clock = at(0)
    let found = 0
    const credentials = awsCredentials({
      find: async () => {
        found += 1
        return KEYS
      },
      now: clock.now,
    })
    await credentials()
    clock.time += 14 * 60_000
    await credentials()
    expect(found).toBe(1)
    clock.time += 2 * 60_000
    await credentials()
    expect(found).toBe(2)
  })
  test.each([
    ['Could not load credentials from any providers', /no AWS credentials were found: set AWS_ACCESS_KEY_ID/],
    ['The SSO session has expired. token=SECRET-TOKEN', /aws sso login/],
    ['Command failed: vault read SECRET-TOKEN', /no AWS credentials/],
  ])('that are not there: one clear error, that shows nothing of "%s" and is not kept', async (message, says) => {
    let found = 0
    const credentials = awsCredentials({
      find: async () => {
        found += 1
        if (found < 3) throw new Error(message)
        return KEYS
      },
    })
    for (let time = 0; time < 2; time += 1) {
      const error = await expectModelFault(credentials(), 'model/refused')
      expect(String(error.facts.reason)).toMatch(says)
      expect(JSON.stringify(error.body()) + inspect(error, { depth: 9 })).not.toContain('SECRET-TOKEN')
    }
    expect(await credentials()).toBe(KEYS)
  })
  test('that are looked for without an end are given up, told, and looked for anew', async () => {
    let found = 0
    const credentials = awsCredentials({
      find: () => {
        found += 1
        return found === 1 ? new Promise(() => undefined) : Promise.resolve(KEYS)
      },
      searchMs: 20,
    })
    const errors = await Promise.all([credentials(), credentials()].map((one) => expectModelFault(one, 'model/unavailable')))
    expect(errors.map(({ facts }) => facts.reason)).toEqual(Array(2).fill('AWS credentials were not found within 20 ms'))
    expect([await credentials(), found]).toEqual([KEYS, 2])
  })
  test('that are not there are told before anything is sent', async () => {
    const sent: string[] = []
    const http = awsHttp(
      {
        region: 'eu-central-1',
        credentials: awsCredentials({ find: () => Promise.reject(new Error('none')) }),
        fetch: async (address) => {
          sent.push(address)
          return new Response('{}')
        },
      },
      { host: 'bedrock-runtime', signing: 'bedrock', name: 'bedrock' },
    )
    const call = { method: 'POST', path: '/', body: {}, timeoutMs: 1000, retries: 3, signal: new AbortController().signal } as const
    const error = await expectModelFault(http.json(call, String), 'model/refused')
    expect([error.facts.reason, sent]).toEqual([expect.stringContaining('AWS_ACCESS_KEY_ID'), []])
  })
  test('that never come: the deadline holds, and so does the signal', async () => {
    const http = awsHttp(
      { region: 'eu-central-1', credentials: () => new Promise(() => undefined) },
      { host: 'bedrock-runtime', signing: 'bedrock', name: 'bedrock' },
    )
    const call = { method: 'POST', path: '/', body: {}, timeoutMs: 20, retries: 0 } as const
    await expectModelFault(http.json({ ...call, signal: new AbortController().signal }, String), 'model/unavailable')
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 10)
    await expect(http.json({ ...call, timeoutMs: 60_000, signal: stop.signal }, String)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

test.each(['', 'Europe', 'eu-central-1.evil.example/', 'eu-central-1#', 'eu_central_1'])('"%s" is no region', (region) => {
  expect(() => awsHttp({ region, credentials: async () => KEYS }, { host: 'bedrock-runtime', signing: 'bedrock', name: 'bedrock' })).toThrow(
    expect.objectContaining({ code: 'model/refused' }),
  )
})

test.each([
  ['eu-central-1', 'https://bedrock-runtime.eu-central-1.amazonaws.com/x'],
  ['us-gov-west-1', 'https://bedrock-runtime.us-gov-west-1.amazonaws.com/x'],
  ['cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn/x'],
])('%s is asked at %s', async (region, expected) => {
  const sent: string[] = []
  const fetch = async (address: string) => {
    sent.push(address)
    return new Response('{}')
  }
  const http = awsHttp({ region, credentials: async () => KEYS, fetch }, { host: 'bedrock-runtime', signing: 'bedrock', name: 'bedrock' })
  await http.json({ method: 'POST', path: '/x', body: {}, timeoutMs: 1000, retries: 0, signal: new AbortController().signal }, String)
  expect(sent).toEqual([expected])
})
