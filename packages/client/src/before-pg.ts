/** Imported before pg is: by what the build puts at the top of each file. */
import { giveNavigator } from './common/navigator.js'

giveNavigator()
