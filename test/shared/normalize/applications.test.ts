import { expect, test } from 'vitest'
import { applicationOf } from '../../../shared/normalize/applications.ts'
import { read } from './read.ts'

const product = (traces: Partial<Parameters<typeof applicationOf>[0]>) => applicationOf({ text: '', ...traces })?.product

test('L1 a framework is told by its logger, by a stack trace, or by what the sender calls the record', () => {
  expect(product({ logger: 'django.security.DisallowedHost' })).toBe('django')
  expect(product({ logger: 'com.acme.shop.Search' })).toBe('jvm')
  expect(product({ text: 'failed\n\tat com.acme.shop.Search.run(Search.java:44)' })).toBe('jvm')
  expect(product({ text: '    at ChildProcess.spawn (node:child_process:421:11)' })).toBe('nodejs')
  expect(product({ sourcetype: 'Django' })).toBe('django')
  expect(product({ program: 'postgres' })).toBe('sql')
})

test('L1 a framework says more than what it runs on', () => {
  expect(product({ program: 'java', text: 'org.springframework.expression.ExpressionException: EL1001E' })).toBe('spring')
  expect(product({ sourcetype: 'python', text: 'Traceback (most recent call last):\n  django.core.exceptions.SuspiciousOperation' })).toBe('django')
  expect(product({ program: 'postgres', text: 'at com.acme.shop.Search.run(Search.java:44)' })).toBe('sql')
})

test('L1 an ordinary line is no application’s', () => {
  for (const text of ['Started Session 44 of user mira.', 'meet at noon (room 4)', 'see https://example.org/a.js', 'constructor'])
    expect(product({ text }), text).toBeUndefined()
  expect(product({ sourcetype: 'toString', program: 'constructor' })).toBeUndefined()
})

test('L1 a line without a header is told by the sender’s word for it', () => {
  const event = read('DisallowedHost at /', { hints: { sourcetype: 'django' } })
  expect(event.parsed).toBe(false)
  expect(event.logsource).toEqual({ product: 'django', service: undefined, categories: ['application'] })
})
