import type { Taxonomy } from './taxonomy.ts'

/** Where Sysmon for Linux and osquery keep what has no place in ECS. */
export const linuxEndpoint: Taxonomy = {
  applies: ({ product }) => product === 'linux',
  fields: {},
  vendorPrefixes: ['sysmon.event_data', 'osquery.result.columns'],
}
