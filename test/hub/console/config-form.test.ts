import { expect, test } from 'vitest'
import * as z from 'zod'
import { jsonTokens } from '../../../hub/console/components/json-view.tsx'
import { configFields, initialValues, toConfig } from '../../../hub/console/pages/connectors/config-form.ts'
import { safeNext } from '../../../hub/console/pages/safe-next.ts'
import { bucketAt } from '../../../hub/console/pages/timeline/histogram.tsx'
import { CONNECTOR_KINDS } from '../../../shared/connectors/kinds.ts'

const formOf = (kind: string) => {
  const found = CONNECTOR_KINDS.find((each) => each.kind === kind)
  if (!found) throw new Error(`no kind ${kind}`)
  return { kind: found, fields: configFields(z.toJSONSchema(found.config, { io: 'input' }) as { [key: string]: unknown }, found.secrets) }
}

test.each(CONNECTOR_KINDS.map((kind) => kind.kind))('the form of %s has a field for every setting and gives back what it was filled with', (name) => {
  const { kind, fields } = formOf(name)
  const stored = { udp_port: 5514, paths: ['/var/log/auth.log', '/var/log/syslog'], token: 'sixteen-characters', format: 'auto' }
  const relevant = Object.fromEntries(Object.entries(stored).filter(([key]) => fields.some((field) => field.key === key)))
  const values = { ...initialValues(fields, relevant), ...(name === 'http' && { token: stored.token }) }
  const { config, problems } = toConfig(fields, values)
  expect(problems).toEqual({})
  expect(kind.config.parse(config)).toMatchObject(relevant)
})

test('a stored secret is not shown, and leaving it alone keeps it', () => {
  const { fields } = formOf('http')
  const stored = { token_set: true, port: 8088 }
  const values = initialValues(fields, stored)
  expect(values['token']).toBe('')
  const { config, problems } = toConfig(fields, values, stored)
  expect(problems).toEqual({})
  expect(config).not.toHaveProperty('token')
  expect(config['port']).toBe(8088)
})

test('a needed secret that is not stored yet is asked for', () => {
  const { fields } = formOf('http')
  expect(toConfig(fields, initialValues(fields)).problems).toEqual({ token: 'Token is needed.' })
})

test('text where a number belongs is said to be none', () => {
  const { fields } = formOf('syslog')
  const { problems } = toConfig(fields, { ...initialValues(fields), udp_port: '51.4', tcp_port: 'many' })
  expect(Object.keys(problems).sort()).toEqual(['tcp_port', 'udp_port'])
})

test('the tokens of JSON are the JSON again', () => {
  const text = JSON.stringify({ key: 'a "quoted" \\ value: 1', list: [1, -2.5e3, null, true], deep: { empty: {} } }, null, 2)
  const tokens = jsonTokens(text)
  expect(tokens.map((token) => token.text).join('')).toBe(text)
  expect(tokens.filter((token) => token.kind === 'key').map((token) => token.text)).toEqual(['"key"', '"list"', '"deep"', '"empty"'])
})

test('a pointer beyond the edge belongs to the outermost bar', () => {
  expect([-5, 0, 99, 100, 500].map((x) => bucketAt(x, 100, 10))).toEqual([0, 0, 9, 9, 9])
})

test('after sign-in only an address inside the console is followed', () => {
  expect(safeNext('/alerts?severity=high')).toBe('/alerts?severity=high')
  expect(safeNext('/console/alerts?q=x')).toBe('/alerts?q=x')
  expect([undefined, 'https://evil.example', '//evil.example', '/\\evil.example', '/console//evil.example'].map(safeNext)).toEqual([
    '/dashboard',
    '/dashboard',
    '/dashboard',
    '/dashboard',
    '/dashboard',
  ])
})
