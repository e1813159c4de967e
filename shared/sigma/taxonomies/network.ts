import type { Taxonomy } from './taxonomy.ts'

const WEB_CATEGORIES: readonly (string | undefined)[] = ['webserver', 'proxy']
const WEB_SERVICES: readonly (string | undefined)[] = ['apache', 'nginx', 'iis']

/** Web servers and proxies, in the W3C extended log format's names that Sigma uses. */
export const web: Taxonomy = {
  applies: ({ category, service }) => WEB_CATEGORIES.includes(category) || WEB_SERVICES.includes(service),
  fields: {
    'c-ip': ['source.ip'],
    'c-uri': ['url.original', 'url.full'],
    'c-uri-extension': ['url.extension'],
    'c-uri-query': ['url.query'],
    'c-uri-stem': ['url.path'],
    'c-useragent': ['user_agent.original'],
    'cs-bytes': ['http.request.bytes'],
    'cs-cookie': ['http.request.cookie'],
    'cs-host': ['url.domain', 'destination.domain'],
    'cs-method': ['http.request.method'],
    'cs-referer': ['http.request.referrer'],
    'cs-referrer': ['http.request.referrer'],
    'cs-uri': ['url.original', 'url.full'],
    'cs-uri-query': ['url.query'],
    'cs-uri-stem': ['url.path'],
    'cs-user-agent': ['user_agent.original'],
    'cs-username': ['user.name'],
    'cs-version': ['http.version'],
    'r-dns': ['url.domain', 'destination.domain'],
    'sc-bytes': ['http.response.bytes'],
    'sc-status': ['http.response.status_code'],
    's-port': ['destination.port'],
    dst_ip: ['destination.ip'],
    dst_port: ['destination.port'],
    src_ip: ['source.ip'],
    src_port: ['source.port'],
  },
}

/** Resolvers' query logs. */
export const dns: Taxonomy = {
  applies: ({ category }) => category === 'dns',
  fields: {
    query: ['dns.question.name'],
    QueryName: ['dns.question.name'],
    record_type: ['dns.question.type'],
    answer: ['dns.answers.data', 'dns.resolved_ip'],
    parent_domain: ['dns.question.registered_domain'],
    src_ip: ['source.ip'],
  },
}

/** Firewalls and flow records. */
export const firewall: Taxonomy = {
  applies: ({ category, service }) => category === 'firewall' || service === 'netflow',
  fields: {
    src_ip: ['source.ip'],
    src_port: ['source.port'],
    dst_ip: ['destination.ip'],
    dst_port: ['destination.port'],
    'destination.port': ['destination.port'],
    protocol: ['network.transport'],
    action: ['event.action'],
    username: ['user.name'],
    hostname: ['host.name'],
    blocked: ['event.outcome'],
  },
}
