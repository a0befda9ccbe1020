/**
 * How a callee is spoken to: its version, address and tenant, from its card or from what it understood last time.
 *
 * 1.0 where the card offers it over JSON-RPC, else 0.3. A callee that did not understand one version is asked in the
 * other, and what it understood is remembered for as many callees as the bound allows (C11).
 */
import { canStream, type Dialect, type Interface, V03, v1InterfaceOf, V1, type Version } from '../../a2a/index.ts';
import type { Workspace } from '../../core/workspace/index.ts';

const REMEMBERED_MAX = 10_000;

export interface Route {
  dialect: Dialect;
  url: string;
  tenant: string | undefined;
  streams: boolean;
}

export class Routes {
  /** By address, so that a callee that moves is asked anew. */
  readonly #understood = new Map<string, Version>();
  /** A card is a large object that stays the same between two registrations. */
  readonly #offers = new WeakMap<object, { v1: Interface | undefined; streams: boolean }>();

  of(callee: Workspace): Route | undefined {
    const { v1, streams } = this.#offer(callee.card);
    const url = v1?.url ?? callee.url;
    const version = this.#understood.get(callee.url ?? callee.id) ?? v1?.version ?? '0.3';
    return url === null ? undefined : this.#route(callee, version, streams);
  }

  other(callee: Workspace, route: Route): Route | undefined {
    return this.#route(callee, route.dialect.version === '0.3' ? '1.0' : '0.3', route.streams);
  }

  remember(callee: Workspace, version: Version): void {
    const key = callee.url ?? callee.id;
    this.#understood.delete(key);
    this.#understood.set(key, version);
    const oldest = this.#understood.keys().next();
    if (this.#understood.size > REMEMBERED_MAX && oldest.done !== true) {
      this.#understood.delete(oldest.value);
    }
  }

  #route(callee: Workspace, version: Version, streams: boolean): Route | undefined {
    const v1 = version === '1.0' ? this.#offer(callee.card).v1 : undefined;
    const url = v1?.url ?? callee.url;
    return url === null ? undefined : { dialect: version === '1.0' ? V1 : V03, url, tenant: v1?.tenant, streams };
  }

  #offer(card: Workspace['card']): { v1: Interface | undefined; streams: boolean } {
    if (card === null) {
      return { v1: undefined, streams: false };
    }
    const known = this.#offers.get(card);
    if (known !== undefined) {
      return known;
    }
    const offer = { v1: v1InterfaceOf(card), streams: canStream(card) };
    this.#offers.set(card, offer);
    return offer;
  }
}
