import { picket } from './generated/picket.js'

type Wire = typeof picket.v1
type Writer = { finish(): Uint8Array }

/** A generated message class as gRPC needs it: plain objects in, instances out. */
interface MessageClass<In, Out> {
  encode(message: In): Writer
  decode(bytes: Uint8Array): Out
}

const serializeWith =
  <In, Out>(message: MessageClass<In, Out>) =>
  (value: In): Buffer => {
    const bytes = message.encode(value).finish()
    // protobufjs returns a slice of its pool; gRPC wants a Buffer, and a view over the same bytes costs no copy.
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

const deserializeWith =
  <In, Out>(message: MessageClass<In, Out>) =>
  (bytes: Buffer): Out =>
    message.decode(bytes)

const { EnrollRequest, EnrollResponse, RenewRequest, SensorMessage, HubMessage }: Wire = picket.v1

/** A method as grpc-js's server and client both take it: what is sent may be a plain object, what arrives is the decoded message. */
const method = <RequestIn, RequestOut, ResponseIn, ResponseOut>(
  path: string,
  stream: boolean,
  request: MessageClass<RequestIn, RequestOut>,
  response: MessageClass<ResponseIn, ResponseOut>,
) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: serializeWith(request),
  requestDeserialize: deserializeWith(request),
  responseSerialize: serializeWith(response),
  responseDeserialize: deserializeWith(response),
})

/** Enrolment and renewal of certificates; see proto/picket.proto. Keys are the method names a server implements. */
export const enrollmentService = {
  enroll: method('/picket.v1.Enrollment/Enroll', false, EnrollRequest, EnrollResponse),
  renew: method('/picket.v1.Enrollment/Renew', false, RenewRequest, EnrollResponse),
} as const

/** The one stream between a sensor and the hub. */
export const uplinkService = {
  connect: method('/picket.v1.Uplink/Connect', true, SensorMessage, HubMessage),
} as const
