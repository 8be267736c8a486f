import { Counter, Gauge, Registry } from 'prom-client'
import type { Queue } from '../queue/queue.ts'

/** What /metrics shows, read from the queue when it is asked for: counts go on over restarts. Names are API. No label holds a patient's value. */
export function metricsOf(queue: Queue): Registry {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({
    name: 'detl_gateway_images',
    help: 'Images in each state',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset()
      for (const [state, n] of Object.entries(queue.state().items)) this.set({ state }, n)
    },
  })
  new Gauge({
    name: 'detl_gateway_deliveries',
    help: 'Answers to one destination, in each state',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset()
      for (const [state, n] of Object.entries(queue.state().deliveries)) this.set({ state }, n)
    },
  })
  new Gauge({
    name: 'detl_gateway_oldest_seconds',
    help: 'How long the oldest image that is not done has been here',
    registers,
    collect() {
      this.set(queue.state().oldestS)
    },
  })
  new Counter({
    name: 'detl_gateway_events_total',
    help: 'What happened, since the folder was made',
    labelNames: ['event'],
    registers,
    collect() {
      this.reset()
      for (const [event, n] of Object.entries(queue.counts())) this.inc({ event }, n)
    },
  })
  return registry
}
