/** What storage needs of a logger; pino's fits. */
export interface StorageLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}
