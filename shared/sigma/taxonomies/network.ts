import { asNamed, type Taxonomy } from './taxonomy.ts'

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
    'cs-content-type': ['http.request.mime_type'],
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
  // A log in W3C's names may give one of two that mean the same.
  vendorNames: {
    'c-uri': ['cs-uri'],
    'cs-uri': ['c-uri'],
    'c-uri-query': ['cs-uri-query'],
    'cs-uri-query': ['c-uri-query'],
    'c-uri-stem': ['cs-uri-stem'],
    'cs-uri-stem': ['c-uri-stem'],
    'c-useragent': ['cs(User-Agent)', 'cs-user-agent'],
    'cs-user-agent': ['cs(User-Agent)', 'c-useragent'],
    'cs-referer': ['cs(Referer)', 'cs-referrer'],
    'cs-referrer': ['cs(Referer)', 'cs-referer'],
    'cs-cookie': ['cs(Cookie)'],
    'cs-host': ['cs(Host)', 'r-dns'],
    ...asNamed('c-ip cs-method sc-status cs-username s-port'),
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
    action: ['event.action'],
  },
  vendorNames: { query: ['QueryName', 'qname'], record_type: ['QueryType', 'qtype_name', 'qtype'], answer: ['answers', 'rdata'] },
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
    direction: ['network.direction'],
  },
  vendorNames: {
    src_ip: ['srcip', 'srcaddr', 'source_ip'],
    dst_ip: ['dstip', 'dstaddr', 'dest_ip'],
    src_port: ['srcport', 'source_port'],
    dst_port: ['dstport', 'dest_port'],
    ...asNamed('action blocked'),
  },
}
