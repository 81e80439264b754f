/** Settings for servers that are measured or shaken, all from one machine: limits by address would be all that is met. */
export const unlimited = {
  WZ_CONNECTIONS: '1000000',
  WZ_CONNECTIONS_PER_ADDRESS: '1000000',
  WZ_FRAMES_PER_SECOND: '1000000',
  WZ_KIB_PER_SECOND: '1000000',
  WZ_KIB_PER_SECOND_PER_ADDRESS: '1000000',
  WZ_REQUESTS_PER_MINUTE: '10000000',
}
