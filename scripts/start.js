/** `npm start`: compiles what has changed, and starts the server in the same process, as another one takes its time. */
import './build.js'

await import('../dist/main.js')
