import type { Taxonomy } from './taxonomy.ts'

/** macOS's own sources, beside the names all Unix systems share (`linux.ts`). */
export const macos: Taxonomy = {
  applies: ({ product }) => product === 'macos',
  fields: {
    SigningId: ['process.code_signature.signing_id'],
    TeamId: ['process.code_signature.team_id'],
    eventMessage: ['message'],
    processImagePath: ['process.executable'],
  },
  vendorPrefixes: ['macos.endpoint_security', 'macos.endpoint_security.event', 'macos.unified_log', 'osquery.result.columns'],
}
