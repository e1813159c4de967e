import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Pack } from '../../../shared/pack/pack.ts'
import { signPack } from '../../../shared/pack/sign.ts'
import { PackRefused, verifyPack } from '../../../shared/pack/verify.ts'

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const hub = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')

const packOf = (changes: Partial<Pack> = {}): Pack => ({
  type: 'picket-pack',
  format: 1,
  version: 7,
  sensor_id: 's-1',
  issued_at: '2030-01-01T00:00:00Z',
  expires_at: '2030-02-01T00:00:00Z',
  connectors: [],
  filters: [],
  edge_rules: [],
  ...changes,
})

const trust = { trustedKeys: [pem(hub.publicKey)], sensorId: 's-1', runningVersion: 6, now: new Date('2030-01-02T00:00:00Z') }
const edited = (bytes: Uint8Array, edit: (signedPack: { signed: Pack; signatures: { keyid: string; sig: string }[] }) => void) => {
  const value = JSON.parse(Buffer.from(bytes).toString())
  edit(value)
  return Buffer.from(JSON.stringify(value))
}
const good = () => signPack(packOf(), hub.privateKey)

test('a pack of the hub for this sensor is taken', () => {
  expect(verifyPack(good(), trust)).toEqual(packOf())
})

test('the order of keys and white space change nothing: the canonical form is what is signed', () => {
  const { signed, signatures } = JSON.parse(Buffer.from(good()).toString())
  const shuffled = Object.fromEntries(Object.entries(signed).reverse())
  expect(verifyPack(Buffer.from(JSON.stringify({ signatures, signed: shuffled }, null, 2)), trust)).toEqual(packOf())
})

const attacks: [string, string, () => Uint8Array][] = [
  ['altered after signing', 'bad_signature', () => edited(good(), ({ signed }) => Object.assign(signed, { filters: [], version: 8 }))],
  ['without signatures', 'unsigned', () => edited(good(), (each) => Object.assign(each, { signatures: [] }))],
  ['as bare content', 'unsigned', () => Buffer.from(JSON.stringify(packOf()))],
  ['signed by a stranger', 'unknown_key', () => signPack(packOf(), stranger.privateKey)],
  [
    'signed by a stranger under our key id',
    'bad_signature',
    () =>
      edited(signPack(packOf(), stranger.privateKey), ({ signatures: [first] }) =>
        Object.assign(first ?? {}, { keyid: JSON.parse(Buffer.from(good()).toString()).signatures[0].keyid }),
      ),
  ],
  [
    'with the signature of another pack',
    'bad_signature',
    () =>
      edited(good(), (each) =>
        Object.assign(each, { signatures: JSON.parse(Buffer.from(signPack(packOf({ version: 8 }), hub.privateKey)).toString()).signatures }),
      ),
  ],
  ['older than the running one', 'rollback', () => signPack(packOf({ version: 5 }), hub.privateKey)],
  ['made for another sensor', 'wrong_sensor', () => signPack(packOf({ sensor_id: 's-2' }), hub.privateKey)],
  ['past its end', 'expired', () => signPack(packOf({ expires_at: '2030-01-02T00:00:00Z' }), hub.privateKey)],
  ['with a field nobody knows', 'invalid', () => signPack(Object.assign(packOf(), { script: 'x' }), hub.privateKey)],
  ['that is not JSON', 'invalid', () => Buffer.from('{"signed":')],
  ['that is not UTF-8', 'invalid', () => Buffer.from([0x7b, 0xff, 0x7d])],
  ['larger than the limit', 'invalid', () => Buffer.alloc(9 * 1024 * 1024, 0x20)],
]

test.each(attacks)('T18 a pack %s is refused: %s', (_name, reason, make) => {
  const refusal = (() => {
    try {
      return verifyPack(make(), trust)
    } catch (error) {
      return error
    }
  })()
  expect(refusal).toBeInstanceOf(PackRefused)
  expect(refusal).toMatchObject({ reason })
})

test('one good signature beside a bad one of a trusted key is enough', () => {
  const signed = edited(good(), ({ signatures }) =>
    signatures.unshift({ keyid: signatures[0]?.keyid ?? '', sig: Buffer.alloc(64).toString('base64') }),
  )
  expect(verifyPack(signed, trust).version).toBe(7)
})

test('the pack kept on disk stays good past its end', () => {
  expect(verifyPack(good(), { ...trust, now: undefined }).version).toBe(7)
})
