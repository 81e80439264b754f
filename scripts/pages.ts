/** Makes dist/pages of src/web: the script of each page as one module with all that it imports, and a map to its sources. */
import { buildSync } from 'esbuild'

export function bundlePages(): void {
  buildSync({
    entryPoints: ['src/web/patient.ts', 'src/web/praxis.ts'],
    outdir: 'dist/pages',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
  })
}
