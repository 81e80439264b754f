/**
 * What a test has opened is closed after it, also where it fails: otherwise it would hang until the runner's deadline, and
 * nobody would read why. What is opened before the first test is for all of them.
 */
import { test } from 'uvu'

type Close = () => Promise<void>

const open: Close[] = []
const openForAll: Close[] = []

/** The last that was opened goes first. */
async function closeAll(these: Close[]): Promise<void> {
  for (const close of these.splice(0).reverse()) await close()
}
test.before(() => void openForAll.push(...open.splice(0)))
test.after.each(() => closeAll(open))
test.after(() => closeAll(openForAll))

/** @returns the same for whoever wants to close it sooner; it is closed once */
export function closing(close: Close): Close {
  let closed: Promise<void> | undefined
  const once = () => (closed ??= close())
  open.push(once)
  return once
}
