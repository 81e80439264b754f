/** `npm run dev`: bundles the pages' scripts and starts the server from its sources, anew whenever one of them is saved. */
import { bundlePages } from './pages.ts'

bundlePages()
await import('../src/main.ts')
