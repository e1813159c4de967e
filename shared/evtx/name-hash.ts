/** The 16 bits Windows keeps beside each name: multiply by 65,599 and add, over UTF-16 units. */
export function nameHash(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 65_599) + name.charCodeAt(i)) | 0
  return hash & 0xffff
}
