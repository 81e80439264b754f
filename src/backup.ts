/** The command `node dist/backup.js FOLDER`: copies the database into a folder while the server runs. */
import { ConfigFault, readConfig } from './config/config.ts'
import { backUp } from './record/backup.ts'
import { StartFault } from './record/folder.ts'

const [folder, ...more] = process.argv.slice(2)

if (folder === undefined || folder.startsWith('-') || more.length > 0) {
  console.error('Usage: npm run backup -- FOLDER   (in the container: node dist/backup.js FOLDER)')
  process.exit(2)
}
try {
  const { path, deleteBy } = backUp(readConfig(process.env).dataDir, folder, Date.now())
  console.log(`${path}\nDelete this copy by ${deleteBy}: then its oldest entry is 88 days old.`)
} catch (fault) {
  if (!(fault instanceof ConfigFault || fault instanceof StartFault)) throw fault
  console.error(fault.message)
  process.exit(1)
}
