import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import Calculator from './Calculator.vue'
import HandOver from './HandOver.vue'
import Home from './Home.vue'
import RatioCharts from './RatioCharts.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('Calculator', Calculator)
    app.component('HandOver', HandOver)
    app.component('Home', Home)
    app.component('RatioCharts', RatioCharts)
  },
} satisfies Theme
