import 'pg'
import '@pglease/client'
