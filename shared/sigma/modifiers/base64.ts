import { base64Of, bytesModifier } from './bytes.ts'

export const base64 = bytesModifier('base64', [], (bytes) => ({ kind: 'text', pattern: bytes.length ? [base64Of(bytes)] : [] }))
