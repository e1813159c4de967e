/** Largest gRPC message either side sends or takes, in bytes. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** Largest payload of a batch after decompression, in bytes. More is refused before it is unpacked. */
export const MAX_UNCOMPRESSED_BYTES = 32 * 1024 * 1024

/** What a sensor aims at for one batch, in bytes after compression. */
export const BATCH_TARGET_BYTES = 1024 * 1024

/** Most entries in one batch. */
export const BATCH_MAX_EVENTS = 4_000

/** Streams one connection may hold open: the uplink, a renewal, a health check, and slack. */
export const MAX_CONCURRENT_STREAMS = 16

/** The wire protocol's number, said in Hello. */
export const PROTOCOL = 1

/** The name in the hub's server certificate that sensors check, whatever address they dial. */
export const HUB_SERVER_NAME = 'picket-hub'

/**
 * Channel options both sides set. Headers need no option: Node's HTTP/2 takes at most 128 pairs
 * and 64 KiB of them per stream, and grpc-js has no setting for either.
 */
export const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
} as const
