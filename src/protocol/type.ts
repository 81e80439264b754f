/**
 * Makes the schemas: plain JSON Schema, with TypeBox's types for it. TypeBox would make the same, but to load it takes
 * longer than to load all else that the server needs, and as much memory.
 */
import type TypeBox from 'typebox'

type Schema = { [keyword: string]: unknown }

/** A mark that no JSON shows. */
const OPTIONAL = Symbol('optional')

const simple = (type: string) => (more?: Schema) => ({ type, ...more })

const factories = {
  Unknown: (more?: Schema) => ({ ...more }),
  Null: simple('null'),
  Boolean: simple('boolean'),
  Integer: simple('integer'),
  String: simple('string'),
  // Before the type, so that whatever is wrong is answered with what would be right.
  Enum: (values: string[], more?: Schema) => ({ enum: values, type: 'string', ...more }),
  Literal: (value: string, more?: Schema) => ({ type: 'string', const: value, ...more }),
  Union: (anyOf: Schema[], more?: Schema) => ({ anyOf, ...more }),
  Array: (items: Schema, more?: Schema) => ({ type: 'array', items, ...more }),
  Record: (_names: Schema, values: Schema, more?: Schema) => ({
    type: 'object',
    additionalProperties: values,
    ...more,
  }),
  Optional: (schema: Schema) => ({ ...schema, [OPTIONAL]: true }),
  Object(properties: Record<string, Schema & { [OPTIONAL]?: true }>, more?: Schema) {
    const required = Object.keys(properties).filter((name) => !properties[name]?.[OPTIONAL])
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...more }
  },
}

/** As much of TypeBox's `Type` as is used here. */
export const Type = factories as unknown as Pick<typeof TypeBox, keyof typeof factories>
