import { Client, credentials } from '@grpc/grpc-js'
import { CHANNEL_OPTIONS, HUB_SERVER_NAME } from '../../shared/wire/limits.ts'

export interface ChannelTrust {
  readonly caPem: string
  /** Absent before enrolment: then only the server shows a certificate. */
  readonly keyPem?: string
  readonly certificatePem?: string
}

/**
 * A gRPC client for one connection to the hub. Each has its own TLS connection, so that a renewed certificate takes effect and the back-off
 * is ours: grpc-js would otherwise pool connections and wait by rules of its own.
 */
export function openChannel(address: string, { caPem, keyPem, certificatePem }: ChannelTrust): Client {
  const tls = credentials.createSsl(Buffer.from(caPem), keyPem ? Buffer.from(keyPem) : null, certificatePem ? Buffer.from(certificatePem) : null)
  return new Client(address, tls, {
    ...CHANNEL_OPTIONS,
    // The hub is known by its CA and this name, whatever address or forwarded port leads to it.
    'grpc.ssl_target_name_override': HUB_SERVER_NAME,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    // A proxy named in the environment would see only TLS, but the sensor should go where it was told to.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  })
}
