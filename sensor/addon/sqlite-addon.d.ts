/** Made by the build (build.mjs): SQLite's native addon as text inside the sensor's one file. Absent when the sources run unbundled. */
declare module 'picket:sqlite-addon' {
  export const gzipBase64: string
  /** Of the addon before compression, hex. */
  export const sha256: string
}
