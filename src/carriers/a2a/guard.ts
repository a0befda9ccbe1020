/**
 * Where we may connect to: the guard against requests forged through an address somebody gave us (C15).
 *
 * The text of an address proves nothing, since names resolve to anything and change their mind. So the addresses are
 * classified when the socket connects, all of them, and the socket goes to one that was checked. Only public unicast
 * passes; what else is wanted the operator lists by host or by network, and never switches on as a whole.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface GuardRules {
  /** Host names (`agent.internal`, `*.internal`) and networks (`10.0.0.0/8`) that the operator allows. */
  allow?: readonly string[];
  /** Only where the operator started the server on loopback. */
  loopback?: boolean;
}

export class GuardError extends Error {
  override readonly name = 'GuardError';
  readonly code = 'ERRAND_GUARD';
}

const PORTS = new Set(['', '443', '8443']);
/** IPv6 hands out public addresses from 2000::/3 only; whatever lies outside is a tunnel or a reserve. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Why this address may not be called; undefined when it may, as far as its text tells. */
export function checkUrl(url: string, rules: GuardRules): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) {
    return 'it is not an absolute URL';
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    return 'only https and http are spoken';
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return 'it carries a user name or a password';
  }
  const host = hostOf(parsed);
  if (isListedHost(host, rules)) {
    return undefined;
  }
  return isIP(host) === 0 ? checkName(parsed, host, rules) : checkLiteral(parsed, host, rules);
}

function checkLiteral(url: URL, host: string, rules: GuardRules): string | undefined {
  if (isListedAddress(host, rules)) {
    return undefined;
  }
  return isPublic(host) ? checkPublic(url) : 'its address is not a public one';
}

function checkName(url: URL, host: string, rules: GuardRules): string | undefined {
  if (isLocalName(host)) {
    return rules.loopback === true ? undefined : 'it names this machine';
  }
  // What a name stands for is seen at connect. It may turn out to lie in a listed network, so http is not out yet.
  return mayResolveToListed(rules) ? undefined : checkPublic(url);
}

function checkPublic(url: URL): string | undefined {
  if (url.protocol !== 'https:') {
    return 'without https only listed hosts may be called';
  }
  return PORTS.has(url.port) ? undefined : 'only the ports 443 and 8443 may be called at hosts that are not listed';
}

/** The `lookup` of the sockets that go to one origin. */
export function guardedLookup(origin: URL, rules: GuardRules): LookupFunction {
  const host = hostOf(origin);
  const isFree = isListedHost(host, rules);
  const refusal = checkPublic(origin);
  return (hostname, options, answer) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        answer(error, '');
        return;
      }
      const why = isFree ? undefined : refuseAddresses(addresses, refusal, rules);
      const first = addresses[0];
      if (why !== undefined || first === undefined) {
        answer(new GuardError(why ?? `${hostname} has no address`), '');
      } else if (options.all === true) {
        answer(null, addresses);
      } else {
        answer(null, first.address, first.family);
      }
    });
  };
}

/** One bad address among many is enough: which of them is tried is not ours to choose. */
function refuseAddresses(
  addresses: readonly LookupAddress[],
  refusal: string | undefined,
  rules: GuardRules,
): string | undefined {
  for (const { address } of addresses) {
    if (!isListedAddress(address, rules)) {
      if (!isPublic(address)) {
        return 'its name resolves to an address that is not a public one';
      }
      if (refusal !== undefined) {
        return refusal;
      }
    }
  }
  return undefined;
}

function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) {
    return false;
  }
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') {
    return false;
  }
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_V6);
}

function isListedAddress(address: string, rules: GuardRules): boolean {
  if (!ipaddr.isValid(address)) {
    return false;
  }
  const parsed = ipaddr.process(address);
  if (rules.loopback === true && parsed.range() === 'loopback') {
    return true;
  }
  return networksOf(rules).some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

function isListedHost(host: string, rules: GuardRules): boolean {
  return (rules.allow ?? []).some((rule) => {
    const listed = rule.toLowerCase();
    return listed.startsWith('*.') ? host.endsWith(listed.slice(1)) : listed === host;
  });
}

function mayResolveToListed(rules: GuardRules): boolean {
  return rules.loopback === true || networksOf(rules).length > 0;
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

function networksOf(rules: GuardRules): Network[] {
  return (rules.allow ?? []).filter((rule) => ipaddr.isValidCIDR(rule)).map((rule) => ipaddr.parseCIDR(rule));
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Without the brackets of IPv6 and without the dot of a rooted name. */
function hostOf(url: URL): string {
  const host = url.hostname.replace(/^\[(?<inner>.*)\]$/u, '$<inner>').toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
