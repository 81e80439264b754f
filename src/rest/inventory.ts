/** REST route for the data inventory: what is kept, why, and until when. */
import type { TypedApp } from '../http/validation.ts'
import { needs } from './admins.ts'
import { answers } from './answers.ts'
import type { RestOptions } from './options.ts'
import { InventoryAnswer } from './schemas.ts'

export function inventoryRoutes(app: TypedApp, { inventory }: Pick<RestOptions, 'inventory'>): void {
  app.get(
    '/inventory',
    {
      schema: {
        tags: ['data protection'],
        operationId: 'readInventory',
        summary: 'Read the data inventory',
        ...needs(),
        description: 'Everything that this server keeps, with the periods of its configuration; in German.',
        response: answers({ 200: InventoryAnswer }),
      },
    },
    async () => ({ inventory }),
  )
}
