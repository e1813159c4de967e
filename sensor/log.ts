/** Where a part of the sensor writes for people; pino's loggers fit. Fields first, then the sentence. Secrets and records never go in. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
