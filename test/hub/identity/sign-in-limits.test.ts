import { expect, test } from 'vitest'
import { createSignInLimits } from '../../../hub/identity/sign-in-limits.ts'

const refused = { code: 'RATE_LIMITED' }

test('a stranger who guesses keeps himself out, not the owner of the e-mail (abuse case 10)', async () => {
  const limits = createSignInLimits()
  for (let guess = 0; guess < 10; guess++) await limits.take('ana@example.com', '198.51.100.7')
  await expect(limits.take('ana@example.com', '198.51.100.7')).rejects.toMatchObject({ ...refused, limit: 10, windowSeconds: 300 })
  await limits.take('ana@example.com', '192.0.2.1')
})

test('guesses at one e-mail from ever new addresses end at a hundred an hour; where its owner has signed in before he still can (abuse case 10)', async () => {
  const limits = createSignInLimits()
  await limits.take('ana@example.com', '192.0.2.1')
  await limits.giveBack('ana@example.com', '192.0.2.1')
  for (let guess = 0; guess < 100; guess++) await limits.take('ana@example.com', `198.51.100.${guess}`)
  await expect(limits.take('ana@example.com', '203.0.113.9')).rejects.toMatchObject({ ...refused, limit: 100, windowSeconds: 3_600 })
  await limits.take('bob@example.com', '203.0.113.9')
  for (let again = 0; again < 10; again++) await limits.take('ana@example.com', '192.0.2.1')
  await expect(limits.take('ana@example.com', '192.0.2.1')).rejects.toMatchObject({ ...refused, limit: 10 })
})

test('guesses from one address at ever new e-mails end at fifty in five minutes', async () => {
  const limits = createSignInLimits()
  for (let guess = 0; guess < 50; guess++) await limits.take(`user-${guess}@example.com`, '198.51.100.7')
  await expect(limits.take('one-more@example.com', '198.51.100.7')).rejects.toMatchObject({ ...refused, limit: 50 })
})

test('a right password gives back what was taken', async () => {
  const limits = createSignInLimits()
  for (let signIn = 0; signIn < 200; signIn++) {
    await limits.take('ana@example.com', '192.0.2.1')
    await limits.giveBack('ana@example.com', '192.0.2.1')
  }
})
