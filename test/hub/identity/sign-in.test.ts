import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportSPKI, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashPassword, verifyPassword } from '../../../hub/identity/passwords.ts'
import { loadSigningKey } from '../../../hub/identity/signing-key.ts'
import { type HubApi, PASSWORD, startHubApi } from '../../support/hub-api.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi()
})
afterAll(() => hub.close())

const login = (email: string, password: string, headers: Record<string, string> = {}) =>
  hub.request('POST', '/v1/auth/login', { body: { email, password }, headers })
const meWith = async (token: string) => (await hub.request('GET', '/v1/me', { token })).status
const newUser = async (role: 'analyst' | 'tenant_admin' = 'analyst') => {
  const email = `${randomUUID()}@alpha.example`
  await hub.admin.createUser({ tenantId: hub.a.tenantId, email, name: 'New', role, passwordHash: hub.passwordHash })
  return email
}

/** What a valid token says, to be signed wrongly. */
const claims = () => {
  const payload = JSON.parse(Buffer.from(hub.a.admin.token.split('.')[1] ?? '', 'base64url').toString())
  return payload as Record<string, unknown>
}
const forge = (header: object, payload: object, sign: (input: string) => string) => {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign(input)}`
}

test("K-02 sign-in gives a token for an hour that opens the API; the e-mail's case does not matter", async () => {
  const email = await newUser()
  const { status, json } = await login(email.toUpperCase(), PASSWORD)
  expect([status, json]).toEqual([200, { access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/), token_type: 'Bearer', expires_in: 3_600 }])
  expect(await meWith(json.access_token)).toBe(200)
})

test('a wrong password, an unknown e-mail and a malformed one get the same answer', async () => {
  const answers = [
    await login(await newUser(), 'wrong'),
    await login('nobody@alpha.example', PASSWORD),
    await login('\u0000', PASSWORD),
    await login('x'.repeat(1_000), PASSWORD),
  ]
  for (const { status } of answers) expect([400, 401]).toContain(status)
  const [wrong, unknown] = answers
  expect({ ...wrong?.json, request_id: '' }).toEqual({ ...unknown?.json, request_id: '' })
  expect(wrong?.json.code).toBe('INVALID_CREDENTIALS')
})

test('K-02 tokens that are forged, foreign or of another kind are refused (abuse case 9)', async () => {
  const { keyId, privateKey, publicKey } = hub.key
  const good = { alg: 'ES256', kid: keyId, typ: 'at+jwt' }
  const sign = (header: typeof good & Record<string, unknown>, change: (jwt: SignJWT) => SignJWT, payload = claims()) =>
    change(new SignJWT(payload).setProtectedHeader(header)).sign(privateKey)
  const publicPem = await exportSPKI(publicKey)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const otherJwk = { ...other.publicKey.export({ format: 'jwk' }), kid: keyId }
  const attacks: Record<string, string> = {
    'no signature': forge({ alg: 'none', typ: 'at+jwt', kid: keyId }, claims(), () => ''),
    'HS256 with the public key': forge({ alg: 'HS256', typ: 'at+jwt', kid: keyId }, claims(), (input) =>
      createHmac('sha256', publicPem).update(input).digest('base64url'),
    ),
    'another key, named inside the token': await new SignJWT(claims()).setProtectedHeader({ ...good, jwk: otherJwk } as never).sign(other.privateKey),
    'a key id that walks the file system': await sign({ ...good, kid: '../../../dev/null' }, (jwt) => jwt),
    'no key id': await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey),
    'another audience': await sign(good, (jwt) => jwt.setAudience('somebody-else')),
    'another issuer': await sign(good, (jwt) => jwt.setIssuer('somebody-else')),
    expired: await sign(good, (jwt) => jwt.setExpirationTime(Math.floor(Date.now() / 1_000) - 1)),
    'no expiry': await sign(good, (jwt) => jwt, (({ exp: _exp, ...rest }) => rest)(claims())),
    'another type': await sign({ ...good, typ: 'JWT' }, (jwt) => jwt),
    'a role that does not exist': await sign(good, (jwt) => jwt, { ...claims(), role: 'god' }),
    'a changed payload': hub.a.admin.token.replace(
      /\.[^.]+\./,
      `.${Buffer.from(JSON.stringify({ ...claims(), tenant_id: hub.b.tenantId })).toString('base64url')}.`,
    ),
  }
  expect(await meWith(await sign(good, (jwt) => jwt))).toBe(200)
  for (const [name, token] of Object.entries(attacks)) expect([name, await meWith(token)]).toEqual([name, 401])
})

test('K-02 a token ends after its hour; renewed in time it goes on, until twelve hours after sign-in', async () => {
  const email = await newUser()
  let token = String((await login(email, PASSWORD)).json.access_token)
  try {
    const minute = 60_000
    for (const at of [50, 109, 160, 210, 260, 310, 360, 410, 460, 510, 560, 610, 660, 719]) {
      hub.clock.offsetMs = at * minute
      const renewed = await hub.request('POST', '/v1/auth/renew', { token })
      expect([at, renewed.status]).toEqual([at, 200])
      expect(renewed.json.expires_in).toBeLessThanOrEqual(at === 719 ? 60 : 3_600)
      token = renewed.json.access_token
    }
    hub.clock.offsetMs = 720 * minute + 1_000
    expect(await meWith(token)).toBe(401)
    expect((await hub.request('POST', '/v1/auth/renew', { token })).status).toBe(401)
  } finally {
    hub.clock.offsetMs = 0
  }
})

test('signing out ends the sign-in with all its renewed tokens, and no other', async () => {
  const email = await newUser()
  const [one, other] = [await login(email, PASSWORD), await login(email, PASSWORD)]
  const renewed = await hub.request('POST', '/v1/auth/renew', { token: one.json.access_token })
  expect((await hub.request('POST', '/v1/auth/logout', { token: one.json.access_token })).status).toBe(204)
  expect([await meWith(one.json.access_token), await meWith(renewed.json.access_token), await meWith(other.json.access_token)]).toEqual([
    401, 401, 200,
  ])
})

test('of 200 guesses in parallel under rotating X-Forwarded-For ten are looked at, and the right one is refused with them (abuse case 10)', async () => {
  const email = await newUser()
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => login(email, `guess ${i}`, { 'X-Forwarded-For': `198.51.100.${i}` })))
  const counts = (status: number) => answers.filter((answer) => answer.status === status).length
  expect([counts(401), counts(429)]).toEqual([10, 190])
  const refused = await login(email, PASSWORD)
  expect([refused.status, refused.json.code]).toEqual([429, 'RATE_LIMITED'])
  const retryAfter = Number(refused.headers.get('Retry-After'))
  expect(retryAfter).toBeGreaterThan(0)
  expect(retryAfter).toBeLessThanOrEqual(300)
  expect(refused.headers.get('RateLimit-Policy')).toMatch(/^"sign-in";q=\d+;w=300$/)
  expect(refused.headers.get('RateLimit')).toMatch(/^"sign-in";r=0;t=\d+$/)
})

test('healthy calls go on during a flood of bad tokens (abuse case 10)', async () => {
  const flood = Promise.all(Array.from({ length: 300 }, () => meWith(`${hub.a.admin.token.slice(0, -8)}AAAAAAAA`)))
  expect(await Promise.all(Array.from({ length: 20 }, () => meWith(hub.a.admin.token)))).toEqual(Array(20).fill(200))
  expect(new Set(await flood)).toEqual(new Set([401]))
})

test('a hash has its own salt and settings, and verifies only its password', async () => {
  const [one, other] = await Promise.all([hashPassword('päss'), hashPassword('päss')])
  expect(one).toMatch(/^scrypt\$15\$8\$3\$/)
  expect(one).not.toBe(other)
  expect([
    await verifyPassword('päss', one),
    await verifyPassword('pa\u0308ss', one),
    await verifyPassword('pass', one),
    await verifyPassword('päss', undefined),
  ]).toEqual([true, true, false, false])
})

test('the signing key is made once, is readable by its owner alone, and stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-key-'))
  try {
    const first = await loadSigningKey(join(folder, 'jwt'))
    const second = await loadSigningKey(join(folder, 'jwt'))
    expect(second.keyId).toBe(first.keyId)
    expect(second.deriveSecret('cursors')).toEqual(first.deriveSecret('cursors'))
    expect(second.deriveSecret('other')).not.toEqual(first.deriveSecret('cursors'))
    expect(statSync(join(folder, 'jwt', 'signing-key.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'jwt')).mode & 0o777).toBe(0o700)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
