/** All attacks, in the order in which they are run. */
import { crowds } from './crowds.ts'
import { floods } from './flood.ts'
import { guesses } from './guess.ts'
import { readers } from './readers.ts'
import { refused } from './refused.ts'
import { requests } from './rest.ts'
import { slowloris } from './slowloris.ts'
import { spoof } from './spoof.ts'

export const attacks = [...guesses, ...floods, slowloris, readers, refused, ...crowds, ...requests, spoof]
