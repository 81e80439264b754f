/** JSON that is handed on as it came: known to be valid, and otherwise nobody's business here. */
export class RawJson {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}
