import { asNamed, type Taxonomy } from './taxonomy.ts'

/** GitHub's audit log (https://docs.github.com/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/audit-log-events-for-your-organization). */
export const github: Taxonomy = {
  applies: ({ product }) => product === 'github',
  fields: { action: ['event.action'], actor: ['user.name'], user_agent: ['user_agent.original'], actor_ip: ['source.ip'] },
  vendorNames: asNamed('action actor actor_ip user_agent visibility previous_visibility repo org user name operation_type programmatic_access_type'),
  vendorPrefixes: ['github'],
}

/** Bitbucket's audit log (https://confluence.atlassian.com/bitbucketserver/audit-log-events-776640423.html). */
export const bitbucket: Taxonomy = {
  applies: ({ product }) => product === 'bitbucket',
  fields: {
    'auditType.action': ['event.action', 'bitbucket.audit.type.action'],
    'auditType.category': ['bitbucket.audit.type.category'],
  },
  vendorNames: asNamed('auditType.category auditType.action'),
  vendorPrefixes: ['bitbucket'],
}

/** GitLab's audit events (https://docs.gitlab.com/user/compliance/audit_event_schema/). */
export const gitlab: Taxonomy = {
  applies: ({ product }) => product === 'gitlab',
  fields: { event_type: ['event.action'], author_name: ['user.name'], ip_address: ['source.ip'] },
  vendorNames: asNamed('event_type event_name author_name entity_type entity_path target_type target_details change from to custom_message'),
  vendorPrefixes: ['gitlab'],
}
