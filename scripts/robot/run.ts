/** The robot by itself: `node --import tsx scripts/robot/run.ts URL CODE ROLE`. As the host it lets everybody in. */
import { behaviours, isOver } from './behaviour.ts'
import { startRobot } from './robot.ts'

const [url = '', code = '', role] = process.argv.slice(2)
const robot = startRobot(url, code, role === 'host' ? 'Praxis' : 'Anna Beispiel')
if (role === 'host') behaviours['lets you in after a moment'](robot)
robot.listen((client) => isOver(client) && process.exit())
process.once('SIGTERM', () => {
  robot.stop()
  setTimeout(process.exit, 500)
})
