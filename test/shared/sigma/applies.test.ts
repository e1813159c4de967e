import { expect, test } from 'vitest'
import { applies } from '../../../shared/sigma/applies.ts'

const sshd = { product: 'linux', service: 'sshd', categories: [] }

test('L1: an event is a rule’s when it carries every part the rule names', () => {
  expect(applies({}, sshd)).toBe(true)
  expect(applies({ product: 'linux' }, sshd)).toBe(true)
  expect(applies({ product: 'windows' }, sshd)).toBe(false)
  expect(applies({ product: 'linux', category: 'process_creation' }, sshd)).toBe(false)
  expect(applies({ category: 'registry_event' }, { product: 'windows', categories: ['registry_set', 'registry_event'] })).toBe(true)
})

test('L1: a rule for the whole auth log sees what sshd, sudo and su wrote; a rule for one of them sees only that', () => {
  const auth = { product: 'linux', service: 'auth' }
  for (const service of ['sshd', 'sudo', 'su', 'auth']) expect(applies(auth, { product: 'linux', service, categories: [] }), service).toBe(true)
  expect(applies(auth, { product: 'linux', service: 'auditd', categories: [] })).toBe(false)
  expect(applies({ product: 'linux', service: 'sshd' }, { product: 'linux', service: 'auth', categories: [] })).toBe(false)
  expect(applies({ service: 'toString' }, { service: 'constructor', categories: [] })).toBe(false)
})

test('L1: a record that lies in several logs is each log’s, and a framework’s error is one of what it runs on', () => {
  const alert = { product: 'm365', service: 'threat_management', categories: [] }
  for (const service of ['threat_management', 'threat_detection', 'audit']) expect(applies({ product: 'm365', service }, alert), service).toBe(true)
  expect(applies({ product: 'm365', service: 'exchange' }, alert)).toBe(false)
  expect(applies({ product: 'jvm', category: 'application' }, { product: 'spring', categories: ['application'] })).toBe(true)
  expect(applies({ product: 'spring', category: 'application' }, { product: 'jvm', categories: ['application'] })).toBe(false)
  expect(applies({ product: 'toString' }, { product: 'constructor', categories: [] })).toBe(false)
})
