import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import HandOver from './HandOver.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('HandOver', HandOver)
  },
} satisfies Theme
