// What runs in the worker threads.
export { drawMap } from './tasks/draw-map.js'
export { loadCities } from './tasks/load-cities.js'
export { planTour } from './tasks/plan-tour.js'
export { verifyTours } from './tasks/verify-tours.js'
