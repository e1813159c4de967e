import { asNamed, type Taxonomy } from './taxonomy.ts'

/** Where Sysmon for Linux and osquery keep what has no place in ECS. */
export const linuxEndpoint: Taxonomy = {
  applies: ({ product }) => product === 'linux',
  fields: {},
  // Of the many fields of audit records, those that rules look at beside the ones in `linux.ts`
  vendorNames: asNamed('arch success exit auid uid gid ses tty prom old_prom res'),
  vendorPrefixes: ['sysmon.event_data', 'osquery.result.columns'],
}
