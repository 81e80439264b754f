/** Makes dist/pages of src/web: the script of each page, and their stylesheet, in one file with all that they import, and maps. */
import { buildSync } from 'esbuild'

export function bundlePages(): void {
  buildSync({
    entryPoints: ['src/web/patient.ts', 'src/web/praxis.ts', 'src/web/style.css'],
    outdir: 'dist/pages',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
  })
}
