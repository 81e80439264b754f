/** The limits that cut or refuse, by the words of their settings; the metrics count by them. */
export type LimitName =
  | 'connections'
  | 'connections_per_address'
  | 'join_seconds'
  | 'frames_per_second'
  | 'refusals_per_minute'
  | 'queue_kib'
  | 'wrong_codes'
  | 'requests_per_minute'
