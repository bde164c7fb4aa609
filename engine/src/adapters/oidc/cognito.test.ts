import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IdentityProvider } from '../../ports/identity.ts'
import { signingKey } from './issuer.fixture.ts'
import { type OidcOptions, oidcOptionsOf } from './options.ts'
import { type OidcWorld, oidcProvider } from './provider.ts'

// Against a stand-in for Amazon Cognito that runs as a process of its own.

const PASSWORD = 'Correct-horse-7'
const INVALID = { code: 'auth/invalid' }

let folder: string
let base: string
let child: ChildProcess
let pool: string
let client: string

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function ask<T>(target: string, body: Readonly<Record<string, unknown>>): Promise<T> {
  const reply = await fetch(base, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${target}` },
    body: JSON.stringify(body),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${target}: ${text}`)
  return JSON.parse(text) as T
}

const newPool = async () => (await ask<{ UserPool: { Id: string } }>('CreateUserPool', { PoolName: 'people' })).UserPool.Id
const newClient = async (userPool: string) =>
  (await ask<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', { UserPoolId: userPool, ClientName: 'quarry' })).UserPoolClient.ClientId

interface Tokens {
  readonly AccessToken: string
  readonly IdToken: string
  readonly RefreshToken: string
}

async function addPerson(userPool: string, email: string): Promise<void> {
  const attributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ]
  await ask('AdminCreateUser', { UserPoolId: userPool, Username: email, UserAttributes: attributes, MessageAction: 'SUPPRESS', TemporaryPassword: PASSWORD })
  await ask('AdminSetUserPassword', { UserPoolId: userPool, Username: email, Password: PASSWORD, Permanent: true })
}

async function signIn(clientId: string, email: string): Promise<Tokens> {
  const parameters = { USERNAME: email, PASSWORD }
  return (await ask<{ AuthenticationResult: Tokens }>('InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: parameters }))
    .AuthenticationResult
}

function optionsFor(userPool: string, clientId: string): OidcOptions {
  const options = oidcOptionsOf({
    OIDC_ISSUER: undefined,
    OIDC_CLIENT_ID: undefined,
    OIDC_CLIENT_SECRET: undefined,
    OIDC_AUDIENCE: undefined,
    OIDC_SCOPES: 'openid email profile',
    OIDC_GROUPS_CLAIM: 'groups',
    COGNITO_USER_POOL_ID: userPool,
    COGNITO_CLIENT_ID: clientId,
    COGNITO_ENDPOINT: base,
    AWS_REGION: 'us-east-1',
  })
  if (options === undefined) throw new Error('no options')
  return options
}

const providerFor = (userPool: string, clientId: string, world: OidcWorld = {}): IdentityProvider => oidcProvider(optionsFor(userPool, clientId), world)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-cognito-'))
  const port = await freePort()
  base = `http://127.0.0.1:${port}`
  mkdirSync(join(folder, '.cognito'))
  writeFileSync(join(folder, '.cognito/config.json'), JSON.stringify({ ServerConfig: { port, hostname: '127.0.0.1' }, TokenConfig: { IssuerDomain: base } }))
  const entry = join(createRequire(import.meta.url).resolve('cognito-local/package.json'), '../lib/bin/start.js')
  child = spawn(process.execPath, [entry], { cwd: folder, stdio: 'ignore' })
  for (let tries = 0; ; tries += 1) {
    const isUp = await fetch(`${base}/health`).then(
      (reply) => reply.ok,
      () => false,
    )
    if (isUp) break
    if (tries > 300) throw new Error('the stand-in did not start')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  pool = await newPool()
  client = await newClient(pool)
}, 60_000)

afterAll(async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
  rmSync(folder, { recursive: true, force: true })
})

test('who signs up and signs in has an access and an id token, and both are that person', async () => {
  await ask('SignUp', { ClientId: client, Username: 'sue@example.com', Password: PASSWORD, UserAttributes: [{ Name: 'email', Value: 'sue@example.com' }] })
  await ask('AdminConfirmSignUp', { UserPoolId: pool, Username: 'sue@example.com' })
  const tokens = await signIn(client, 'sue@example.com')
  const provider = providerFor(pool, client)
  const [access, id] = [await provider.verify(tokens.AccessToken), await provider.verify(tokens.IdToken)]
  expect(access).toMatchObject({ use: 'access', email: undefined, groups: [], identity: { issuer: `${base}/${pool}` } })
  expect(id).toMatchObject({ use: 'id', groups: [], identity: access.identity })
  expect(access.identity.subject).toBe(decodeJwt(tokens.IdToken).sub)
  expect(access.expiresAt).toBeGreaterThan(Date.now())
})

test('groups come with the tokens, and with the next one after a change', async () => {
  await addPerson(pool, 'ann@example.com')
  for (const GroupName of ['staff', 'admins']) await ask('CreateGroup', { UserPoolId: pool, GroupName })
  const provider = providerFor(pool, client)
  const groups = async () => {
    const tokens = await signIn(client, 'ann@example.com')
    const [access, id] = [await provider.verify(tokens.AccessToken), await provider.verify(tokens.IdToken)]
    expect(access.groups).toEqual(id.groups)
    expect(id.email).toBe('ann@example.com')
    return [...(access.groups ?? [])].sort()
  }
  expect(await groups()).toEqual([])
  const member = { UserPoolId: pool, Username: 'ann@example.com' }
  await ask('AdminAddUserToGroup', { ...member, GroupName: 'staff' })
  await ask('AdminAddUserToGroup', { ...member, GroupName: 'admins' })
  expect(await groups()).toEqual(['admins', 'staff'])
  await ask('AdminRemoveUserFromGroup', { ...member, GroupName: 'admins' })
  expect(await groups()).toEqual(['staff'])
})

test('a refreshed token is good, and the refresh token itself is not', async () => {
  await addPerson(pool, 'rea@example.com')
  const tokens = await signIn(client, 'rea@example.com')
  const refreshed = await ask<{ AuthenticationResult: Tokens }>('InitiateAuth', {
    ClientId: client,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: tokens.RefreshToken },
  })
  const provider = providerFor(pool, client)
  const again = await provider.verify(refreshed.AuthenticationResult.AccessToken)
  expect(again.identity).toEqual((await provider.verify(tokens.AccessToken)).identity)
  await expect(provider.verify(tokens.RefreshToken)).rejects.toMatchObject(INVALID)
})

test('a token ends with its time', async () => {
  await addPerson(pool, 'eve@example.com')
  const { AccessToken, IdToken } = await signIn(client, 'eve@example.com')
  let time = Date.now()
  const provider = providerFor(pool, client, { now: () => time })
  const { expiresAt } = await provider.verify(AccessToken)
  time = expiresAt + 59_000
  await provider.verify(AccessToken)
  time = expiresAt + 60_000
  await expect(provider.verify(AccessToken)).rejects.toMatchObject(INVALID)
  await expect(provider.verify(IdToken)).rejects.toMatchObject(INVALID)
  time = Date.now() - 3_600_000
  await expect(provider.verify(AccessToken), 'from the future').rejects.toMatchObject(INVALID)
})

test('tokens of another client and of another pool are refused, though the same keys signed them', async () => {
  await addPerson(pool, 'oli@example.com')
  const otherClient = await newClient(pool)
  const otherPool = await newPool()
  const foreignClient = await newClient(otherPool)
  await addPerson(otherPool, 'oli@example.com')
  const provider = providerFor(pool, client)
  const [own, sibling, foreign] = [
    await signIn(client, 'oli@example.com'),
    await signIn(otherClient, 'oli@example.com'),
    await signIn(foreignClient, 'oli@example.com'),
  ]
  await provider.verify(own.AccessToken)
  for (const { AccessToken, IdToken, RefreshToken } of [sibling, foreign]) {
    for (const token of [AccessToken, IdToken, RefreshToken]) await expect(provider.verify(token)).rejects.toMatchObject(INVALID)
  }
  await providerFor(pool, otherClient).verify(sibling.AccessToken)
  await providerFor(otherPool, foreignClient).verify(foreign.IdToken)
})

test('keys that are exchanged count with the next token, and an outage keeps the ones that are known', async () => {
  await addPerson(pool, 'kim@example.com')
  const { AccessToken } = await signIn(client, 'kim@example.com')
  // The stand-in has one key for ever: what it publishes is changed on the way.
  const before = await signingKey('before')
  let stage: 'before' | 'after' | 'outage' = 'before'
  let asked = 0
  const fetched: typeof fetch = async (input, init) => {
    asked += 1
    if (stage === 'outage') throw new TypeError('fetch failed')
    return stage === 'before' ? Response.json({ keys: [before.jwk] }) : fetch(input, init)
  }
  let shift = 0
  const provider = providerFor(pool, client, { fetched, now: () => Date.now() + shift })
  await expect(provider.verify(AccessToken)).rejects.toMatchObject(INVALID)
  stage = 'after'
  shift = 31_000
  await provider.verify(AccessToken)
  expect(asked).toBe(2)
  stage = 'outage'
  shift = 20 * 60_000
  await provider.verify(AccessToken)
  await provider.verify(AccessToken)
  expect(asked).toBe(3)
})
