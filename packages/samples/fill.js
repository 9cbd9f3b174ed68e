/** `pnpm samples`: writes the samples into the pages that name them. */
import { writeFileSync } from 'node:fs'
import { filled, pages } from './pages.js'

for (const { path, url, text } of pages()) {
  const now = filled(text)
  if (now === text) continue
  writeFileSync(url, now)
  console.log(`${path} has its samples as they are now`)
}
