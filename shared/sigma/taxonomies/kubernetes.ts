import { asNamed, type Taxonomy } from './taxonomy.ts'

const POD = 'requestObject.spec'
const TEMPLATE = 'requestObject.spec.template.spec'

/** Kubernetes' audit log (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/). Three names that rules use stand deep inside. */
export const kubernetes: Taxonomy = {
  applies: ({ product }) => product === 'kubernetes',
  fields: {
    verb: ['event.action'],
    userAgent: ['user_agent.original'],
    requestURI: ['url.original'],
    'user.username': ['user.name'],
  },
  vendorNames: {
    apiGroup: ['objectRef.apiGroup'],
    hostPath: [`${POD}.volumes.hostPath.path`, `${TEMPLATE}.volumes.hostPath.path`],
    capabilities: [
      `${POD}.containers.securityContext.capabilities.add`,
      `${TEMPLATE}.containers.securityContext.capabilities.add`,
      `${POD}.containers.securityContext.privileged`,
    ],
    ...asNamed(
      'verb objectRef.resource objectRef.subresource objectRef.namespace objectRef.name objectRef.apiGroup responseStatus.code requestURI userAgent user.username user.groups sourceIPs stage requestObject.roleRef.name requestObject.spec.hostPID requestObject.spec.hostNetwork requestObject.spec.hostIPC annotations.authorization.k8s.io/decision',
    ),
    'responseStatus.code': [],
  },
  vendorPrefixes: ['kubernetes.audit', 'kubernetes'],
}
