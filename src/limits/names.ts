/** What cuts or refuses whoever wants too much, by the words of the settings; the metrics count by them. */
export const limitNames = [
  'connections',
  'connections_per_address',
  'join_seconds',
  'frames_per_second',
  'kib_per_second',
  'kib_per_second_per_address',
  'refusals_per_minute',
  'queue_kib',
  'replay_kib',
  'waiting_guests',
  'wrong_codes_per_address',
  'wrong_codes_per_minute',
  'requests_per_minute',
  'request_seconds',
  /** Of the protocol, so no setting. */
  'frame_size',
  /** Of each practice, in the file of admins. */
  'codes_per_day',
  'practice_seats',
] as const

export type LimitName = (typeof limitNames)[number]
