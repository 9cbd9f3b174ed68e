import 'piscina'
import 'pg'
