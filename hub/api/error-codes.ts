/** Every `code` a problem document may carry, and what to make of it. A problem's `type` leads to its entry in the reference. */
export const ERROR_CODES: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'The access token is missing, expired or not one of this hub.',
  INVALID_CREDENTIALS: 'E-mail or password is wrong.',
  SESSION_EXPIRED: 'Twelve hours have passed since sign-in, or the user is gone: sign in again.',
  RATE_LIMITED: 'Too many failed sign-ins; `Retry-After` says when to try again.',
  SIGN_IN_BUSY: 'Too many sign-ins are being checked at once; try again in a moment.',
  FORBIDDEN: 'The role lacks the permission the route needs.',
  NOT_FOUND: 'There is nothing at this address.',
  ALERT_NOT_FOUND: 'There is no such alert in this tenant.',
  CONNECTOR_NOT_FOUND: 'There is no such connector in this tenant.',
  SENSOR_NOT_FOUND: 'There is no such sensor in this tenant.',
  FILTER_NOT_FOUND: 'There is no such filter in this tenant.',
  RULE_NOT_FOUND: 'There is no such rule.',
  EVENT_NOT_FOUND: 'There is no such event in this tenant, or retention has dropped it.',
  INVALID_QUERY_FIELD: 'The query names a parameter or a sort field the list does not have; `errors` names it and those allowed.',
  INVALID_QUERY_VALUE: 'A parameter has a value it cannot have.',
  INVALID_CURSOR: 'The cursor is not one of this list with this sort and these filters: start again without it.',
  MIXED_PAGING: 'Use `page` and `size`, or `cursor` and `limit`.',
  PAGE_TOO_DEEP: 'Pages end at 10,000 rows: go on with `cursor`.',
  INVALID_BODY: 'The body does not have the form the route takes; `errors` says where.',
  MALFORMED_BODY: 'The body is not JSON.',
  INVALID_CHARACTER: 'Text may not contain the NUL character.',
  BODY_TOO_LARGE: 'The body is larger than a megabyte.',
  INVALID_CONNECTOR: 'The type, the sensor or a setting of the connector is not valid; `errors` says where.',
  INVALID_FILTER: 'A sensor could not run this filter; `errors` says why.',
  SENSOR_OFFLINE: 'The sensor is not connected, so it cannot be asked.',
  VERSION_CONFLICT: 'It has changed since it was read; `current` is what it is now.',
  ALERT_SUPERSEDED: 'A newer alert of the same rule and entity is open; this one cannot be opened again.',
  DATABASE_UNAVAILABLE: 'The database cannot be reached; try again in a moment.',
  INTERNAL: 'A fault of the hub; the `request_id` finds it in its log.',
}

/** Where a code is explained, relative to the hub. */
export const errorType = (code: string): string => `/docs#${errorAnchor(code)}`
export const errorAnchor = (code: string): string => code.toLowerCase().replaceAll('_', '-')
