import { Pool } from '@pglease/client'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.js'

export const prisma = new PrismaClient({ adapter: new PrismaPg(new Pool()) })
