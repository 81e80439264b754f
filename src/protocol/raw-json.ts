/** JSON that is handed on as it came: known to be valid, and otherwise nobody's business here. */
export class RawJson {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }
}
