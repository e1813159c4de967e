import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectorSecretAad, createSecretBox } from '../../../hub/secrets/secret-box.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picket-secrets-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const aad = connectorSecretAad('tenant', 'connector', 'token')

test('what was sealed opens in its place, also after a restart', async () => {
  const sealed = (await createSecretBox(dir)).seal('пароль 🔑', aad)
  expect(sealed).not.toContain('пароль')
  expect((await createSecretBox(dir)).open(sealed, aad)).toBe('пароль 🔑')
  expect((await stat(join(dir, 'secrets.key'))).mode & 0o777).toBe(0o600)
})

test('the same secret sealed twice looks different', async () => {
  const box = await createSecretBox(dir)
  expect(box.seal('x', aad)).not.toBe(box.seal('x', aad))
})

test('a secret that was moved, damaged, cut or sealed with another key does not open', async () => {
  const box = await createSecretBox(dir)
  const sealed = box.seal('secret', aad)
  const flipped = `${sealed.slice(0, -2)}${sealed.at(-2) === 'A' ? 'B' : 'A'}${sealed.at(-1)}`
  const other = await mkdtemp(join(tmpdir(), 'picket-secrets-'))
  const foreign = (await createSecretBox(other)).seal('secret', aad)
  await rm(other, { recursive: true })
  for (const [envelope, place] of [
    [sealed, connectorSecretAad('tenant 2', 'connector', 'token')],
    [flipped, aad],
    [sealed.slice(0, 20), aad],
    [foreign, aad],
    ['plain text', aad],
  ] as const) {
    expect(() => box.open(envelope, place)).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }))
  }
})

test('a key file that was cut stops the start', async () => {
  const cut = await mkdtemp(join(tmpdir(), 'picket-secrets-'))
  await createSecretBox(cut)
  await truncate(join(cut, 'secrets.key'), 5)
  await expect(createSecretBox(cut)).rejects.toThrow('5 bytes')
  await rm(cut, { recursive: true })
})
