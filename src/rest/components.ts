/** What the descriptions for machines have in common: schemas with names of their own, and an example of each. */
import { examples } from './examples.ts'

type Json = unknown

/**
 * Moves every schema that has a title out of a part of a document, so that generators make one type with that name.
 * @param schemas where they come to stand, for `components`
 * @returns the part, with references in their place
 */
export function nameSchemas(part: Json, schemas: Record<string, Json>): Json {
  if (Array.isArray(part)) return part.map((item) => nameSchemas(item, schemas))
  if (typeof part !== 'object' || part === null) return part
  const fields = Object.fromEntries(Object.entries(part).map(([name, field]) => [name, nameSchemas(field, schemas)]))
  const { title } = fields
  if (typeof title !== 'string') return fields
  schemas[title] = { ...fields, ...(title in examples && { examples: [examples[title]] }) }
  return { $ref: `#/components/schemas/${title}` }
}
