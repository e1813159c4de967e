import { asNamed, type Taxonomy } from './taxonomy.ts'

/** Zeek's logs (https://docs.zeek.org/en/current/logs/). Rules give some fields of `http` their W3C names. */
export const zeek: Taxonomy = {
  applies: ({ product }) => product === 'zeek',
  fields: {
    'id.orig_h': ['source.ip'],
    'id.orig_p': ['source.port'],
    'id.resp_h': ['destination.ip'],
    'id.resp_p': ['destination.port'],
    query: ['dns.question.name'],
    qtype_name: ['dns.question.type'],
    'c-uri': ['url.original'],
    uri: ['url.original'],
    'c-useragent': ['user_agent.original'],
    user_agent: ['user_agent.original'],
    method: ['http.request.method'],
    host: ['url.domain'],
    status_code: ['http.response.status_code'],
    'certificate.serial': ['file.x509.serial_number'],
  },
  vendorNames: {
    'c-uri': ['uri'],
    'c-useragent': ['user_agent'],
    // zeek-http-headers adds the names of the client's headers
    ...asNamed(
      'action operation endpoint answers rejected Z qtype_name query resp_mime_types uri user_agent method host status_code client_header_names request_body_len request_type cipher service name path certificate.serial id.orig_h id.resp_h id.resp_p',
    ),
  },
  vendorPrefixes: [
    'dce_rpc',
    'dns',
    'http',
    'kerberos',
    'rdp',
    'smb_files',
    'smb_mapping',
    'x509',
    'conn',
    'ssl',
    'ntlm',
    'ssh',
    'notice',
    'files',
  ].map((log) => `zeek.${log}`),
}
