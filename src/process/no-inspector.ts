/**
 * Keeps SIGUSR1 from opening Node's inspector, through which whoever may connect to a port of this machine could read
 * and change everything: with a listener, Node leaves the signal alone. To be imported before what takes its time.
 */
process.on('SIGUSR1', () => {})
