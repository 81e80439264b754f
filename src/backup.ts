/** The command `node dist/backup.js FOLDER`: copies the database into a folder while the server runs. */
import './process/node-version.ts'

import { readSettings } from './config/config.ts'
import { StartupError } from './config/startup-error.ts'
import { backUp } from './record/backup.ts'

const [folder, ...more] = process.argv.slice(2)

if (folder === undefined || folder.startsWith('-') || more.length > 0) {
  console.error('Usage: npm run backup -- FOLDER   (in the container: node dist/backup.js FOLDER)')
  process.exit(2)
}
try {
  const { path, deleteBy } = backUp(readSettings(process.env, 'dataDir').dataDir, folder, Date.now())
  console.log(`${path}\nDelete this copy by ${deleteBy}: then its oldest entry is 88 days old.`)
} catch (fault) {
  if (!(fault instanceof StartupError)) throw fault
  console.error(fault.message)
  process.exit(1)
}
