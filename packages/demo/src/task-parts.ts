// What other programs of this repository take of the demo, in their worker threads.
export { loadCities } from './tasks/load-cities.js'
export { findTour, storeTour, type TourRequest } from './tasks/plan-tour.js'
export { verifyTours } from './tasks/verify-tours.js'
