/**
 * Agents that fetch, each at a seat of its own with somebody who delegates to it, in front of a platform of a test.
 */
import { agent, type Definition, type Served, type ServeOptions } from '../../src/runtime/agent/index.ts';
import { until, type Fields, type House } from './support.ts';

export interface Serving {
  id: string;
  lead: string;
  token: string;
  served: Served;
  faults: Error[];
  delegate: (task: string, more?: Record<string, unknown>) => Promise<string>;
  ended: (id: string) => Promise<Fields>;
  look: (id: string) => Promise<Fields>;
  /** Until it has this status. */
  reaches: (id: string, status: string) => Promise<Fields>;
  act: (id: string, verb: string, body?: object) => Promise<Fields>;
  /** The types of its events, with what some of them hold. */
  events: (id: string, type: string) => Promise<Fields[]>;
  seat: () => Promise<Fields>;
  /** One more process at the same seat. */
  again: (handle: Definition['handle'], options?: Partial<ServeOptions>) => Promise<Served>;
}

export type Wishes = Partial<Definition> & { options?: Partial<ServeOptions> };

export class Crew {
  readonly #house: () => House;
  readonly #served: Served[] = [];
  #seats = 0;

  constructor(house: () => House) {
    this.#house = house;
  }

  async serving(handle: Definition['handle'], { options, ...more }: Wishes = {}): Promise<Serving> {
    this.#seats += 1;
    const house = this.#house();
    const [id, lead] = [`agent-${this.#seats}`, `lead-${this.#seats}`];
    await house.seat(lead);
    const { token } = await house.seat(id, { pull: true });
    const faults: Error[] = [];
    const serve = async (by: Definition['handle'], other: Partial<ServeOptions> = {}): Promise<Served> => {
      const onFault = (fault: Error): void => void faults.push(fault);
      const one = await agent({ name: id, ...more, handle: by }).serve({ url: house.url, token, onFault, ...other });
      this.#served.push(one);
      return one;
    };
    const path = (delegation: string, rest = '') => `/workspaces/${lead}/delegations/${delegation}${rest}`;
    const look = async (delegation: string) => (await this.#house().call('GET', path(delegation))).body;
    return {
      ...{ id, lead, token, faults, look, again: serve },
      served: await serve(handle, options),
      delegate: async (task, rest) => (await this.#house().delegate(lead, id, { task, ...rest })).delegation_id,
      ended: async (delegation) => this.#house().ended(lead, delegation),
      reaches: async (delegation, status) =>
        until(`${delegation} is ${status}`, async () => {
          const found = await look(delegation);
          return found.status === status ? found : undefined;
        }),
      act: async (delegation, verb, body = {}) =>
        (await this.#house().call('POST', path(delegation, `/${verb}`), { body })).body,
      events: async (delegation, type) =>
        ((await look(delegation))['events'] as Fields[]).filter((event) => event['type'] === `delegation.${type}`),
      seat: async () => (await this.#house().call('GET', `/workspaces/${id}`)).body,
    };
  }

  async leave(): Promise<void> {
    await Promise.all(this.#served.map(async (served) => served.stop({ mode: 'cancel' })));
  }
}
