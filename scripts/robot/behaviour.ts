/** What the robots of the sandbox do with whoever comes to them. */
import type { Client } from '../../src/client/client.ts'
import type { Robot } from './robot.ts'

/** How long a robot takes for what people take a moment for, and how long it waits for the next thing to do, ms. */
const MOMENT = 2_000
const WHILE = 15_000

/** The guests that a host's client sees, of whom each is told of once for each time it is seen so. */
function eachGuest(robot: Robot, state: 'waiting' | 'admitted', act: (peer: string) => void): void {
  const seen = new Set<string>()
  robot.listen(({ view: { lobby } }) => {
    const now = lobby.filter((guest) => guest.state === state && guest.present).map(({ peer }) => peer)
    for (const peer of seen) if (!now.includes(peer)) seen.delete(peer)
    for (const peer of now.filter((one) => !seen.has(one))) {
      seen.add(peer)
      setTimeout(() => act(peer), MOMENT)
    }
  })
}

const admits = (robot: Robot): void => eachGuest(robot, 'waiting', (peer) => robot.client.admit(peer))

/** Does something again and again while somebody is in session. */
function nowAndThen(robot: Robot, act: () => void): void {
  robot.every(WHILE, () => robot.client.view.peers.length > 0 && act())
}

/** What the robots do, by what is said of them. */
export const behaviours = {
  'lets you in after a moment': admits,
  'lets you in, and puts you back now and then': (robot) => {
    admits(robot)
    nowAndThen(robot, () => {
      for (const { peer } of robot.client.view.peers) robot.client.hold(peer)
    })
  },
  'sends you away': (robot) => eachGuest(robot, 'waiting', (peer) => robot.client.deny(peer, 'Heute leider nicht.')),
  'lets you in, and loads its page anew now and then': (robot) => {
    admits(robot)
    nowAndThen(robot, robot.reload)
  },
  'lets you in, and loses its line now and then': (robot) => {
    admits(robot)
    nowAndThen(robot, robot.cut)
  },
  'lets you in, and ends the session after a while': (robot) => {
    admits(robot)
    nowAndThen(robot, () => robot.client.end())
  },
} satisfies Record<string, (robot: Robot) => void>

/** Whether a client has nothing more to do: it was sent away, or the session is over. */
export const isOver = ({ view }: Client): boolean => view.state.at === 'over'
