/** The guard against forged requests: a corpus of addresses, and names that turn out to be something else. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { a2aCarrier, checkUrl, fetchCard, type GuardRules } from '../../../src/carriers/a2a/carrier.ts';
import { guardedLookup, GuardError } from '../../../src/carriers/a2a/guard.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../../../src/testing/carrier-suite.ts';
import { scriptedPeer } from '../../../src/testing/scripted-peer.ts';

const REFUSED = [
  // Not an address, or not ours to speak.
  ...['', 'agent', '/path', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'data:text/plain,x'],
  ...['javascript:alert(1)', 'https://user:pw@example.com/', 'https://user@example.com/', 'https://'],
  // No https, or another port.
  ...['http://example.com/', 'https://example.com:22/', 'https://example.com:6379/', 'http://93.184.216.34/'],
  // This machine, in all its spellings.
  ...['https://localhost/', 'https://LOCALHOST./', 'https://x.localhost/', 'https://127.0.0.1/', 'https://127.1/'],
  ...['https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://0/', 'https://0.0.0.0/'],
  ...['https://①②⑦.0.0.1/', 'https://127.0.0.1./', 'https://[::1]/', 'https://[::]/', 'https://[::ffff:127.0.0.1]/'],
  ...['https://[::127.0.0.1]/', 'https://[0:0:0:0:0:ffff:7f00:1]/', 'https://127.255.255.254/'],
  // Private, link-local and metadata.
  ...['https://10.0.0.1/', 'https://172.16.0.1/', 'https://172.31.255.255/', 'https://192.168.1.1/'],
  ...['https://169.254.169.254/latest/meta-data/', 'https://[fe80::1]/', 'https://[fd00::1]/', 'https://[fc00::1]/'],
  ...[
    'https://[::ffff:169.254.169.254]/',
    'https://[fd00:ec2::254]/',
    'https://100.64.0.1/',
    'https://100.100.100.200/',
  ],
  // Reserved, documentation, benchmarks, multicast, broadcast.
  ...[
    'https://192.0.0.1/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://198.51.100.1/',
    'https://203.0.113.1/',
  ],
  ...[
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[ff02::1]/',
    'https://192.88.99.1/',
  ],
  // Tunnels that lead back inside.
  ...['https://[64:ff9b::7f00:1]/', 'https://[64:ff9b:1::1]/', 'https://[2002:7f00:1::]/', 'https://[2001::1]/'],
  ...['https://[2001:db8::1]/', 'https://[100::1]/', 'https://[fec0::1]/', 'https://[4000::1]/', 'https://[3fff::1]/'],
];

const ALLOWED = [
  ...['https://example.com/', 'https://example.com:8443/a2a', 'https://93.184.216.34/', 'https://8.8.8.8:443/'],
  ...['https://[2606:4700::1111]/', 'https://EXAMPLE.com./', 'https://xn--mnchen-3ya.de/', 'https://example.com/?q=1'],
];

describe('the guard', () => {
  for (const url of REFUSED) {
    test(`C15: ${url === '' ? 'nothing' : url} is refused`, () => {
      assert.notEqual(checkUrl(url, {}), undefined);
    });
  }

  for (const url of ALLOWED) {
    test(`C15: ${url} is allowed`, () => {
      assert.equal(checkUrl(url, {}), undefined);
    });
  }

  const LISTED: [string, GuardRules, boolean][] = [
    ['http://agent.internal:8000/', { allow: ['agent.internal'] }, true],
    ['http://AGENT.internal./', { allow: ['Agent.Internal'] }, true],
    ['http://a.b.internal/', { allow: ['*.internal'] }, true],
    ['http://internal/', { allow: ['*.internal'] }, false],
    ['http://evilinternal/', { allow: ['*.internal'] }, false],
    ['http://10.1.2.3:8000/', { allow: ['10.0.0.0/8'] }, true],
    ['http://11.1.2.3:8000/', { allow: ['10.0.0.0/8'] }, false],
    ['http://[::ffff:10.1.2.3]/', { allow: ['10.0.0.0/8'] }, true],
    ['http://[fd00::5]/', { allow: ['fd00::/8'] }, true],
    ['http://10.1.2.3/', { allow: ['10.1.2.3'] }, true],
    ['http://127.0.0.1:9/', { loopback: true }, true],
    ['http://localhost:9/', { loopback: true }, true],
    ['http://[::1]:9/', { loopback: true }, true],
    ['http://10.0.0.1/', { loopback: true }, false],
    ['ftp://agent.internal/', { allow: ['agent.internal'] }, false],
  ];
  for (const [url, rules, isAllowed] of LISTED) {
    test(`C15: ${url} under ${JSON.stringify(rules)} is ${isAllowed ? 'allowed' : 'refused'}`, () => {
      assert.equal(checkUrl(url, rules) === undefined, isAllowed);
    });
  }

  const RESOLVED: [string, string, GuardRules, boolean][] = [
    ['https://agent.example/', 'localhost', {}, false],
    ['https://agent.example/', 'localhost', { loopback: true }, true],
    ['https://agent.example/', 'localhost', { allow: ['127.0.0.0/8', '::1/128'] }, true],
    ['https://agent.example/', 'localhost', { allow: ['10.0.0.0/8'] }, false],
    ['https://agent.example/', 'localhost', { allow: ['agent.example'] }, true],
    ['https://agent.example/', '93.184.216.34', {}, true],
    ['http://agent.example/', '93.184.216.34', { allow: ['10.0.0.0/8'] }, false],
    ['http://agent.example/', '10.0.0.1', { allow: ['10.0.0.0/8'] }, true],
    ['https://agent.example/', '10.0.0.1', {}, false],
  ];
  for (const [origin, address, rules, isAllowed] of RESOLVED) {
    const verdict = isAllowed ? 'connects' : 'is refused at connect';
    test(`C15: ${origin} under ${JSON.stringify(rules)}, once it stands for ${address}, ${verdict}`, async () => {
      const lookup = guardedLookup(new URL(origin), rules);
      for (const all of [true, false]) {
        const error = await new Promise((resolve) => {
          lookup(address, { all }, (failure) => resolve(failure));
        });
        assert.equal(error === null, isAllowed, String(error));
        assert.ok(isAllowed || error instanceof GuardError);
      }
    });
  }

  test('C15: what the guard refuses never reaches the peer', async () => {
    const peer = await scriptedPeer({ clock: systemClock, behave: { do: 'answer' } });
    const carrier = a2aCarrier({ clock: systemClock, allow: ['10.0.0.0/8'] });
    for (const host of ['localhost.', '127.0.0.1', '[::ffff:127.0.0.1]', '0x7f.1']) {
      const url = `http://${host}:${peer.port}/`;
      const outcome = await carrier.deliver(assignmentFor(calleeAt({ url })), watched());
      assert.equal(outcome.kind === 'failed' && outcome.reason, 'unreachable');
    }
    assert.equal(peer.ledger.requests, 0);
    await carrier.close();
    await peer.close();
  });
});

describe('reading a card', () => {
  test('it is found at the well-known path below the address and at its origin', async () => {
    const peer = await scriptedPeer({ clock: systemClock, behave: { do: 'answer' } });
    const rules = { clock: systemClock, loopback: true };
    for (const url of [peer.url, `${peer.url}deep/agent`, `${peer.url}.well-known/agent-card.json`]) {
      const found = await fetchCard(url, rules);
      assert.ok(found.card !== undefined, JSON.stringify(found));
      assert.equal(found.url, peer.url);
    }
    await peer.close();
  });

  test('C15: a card is not fetched from where it may not be', async () => {
    const found = await fetchCard('http://10.0.0.1/', { clock: systemClock });
    assert.ok(found.card === undefined);
    assert.match(found.error, /may not be called/u);
  });

  test('C13: a card beyond its bound, and what is no card, is none', async () => {
    const bodies = [`{"name":"${'x'.repeat(300_000)}"}`, '{"name":"x"}', 'not json', '[]'];
    const server = createServer((_request, response) => response.end(bodies.shift() ?? '{}'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const found = await fetchCard(`http://127.0.0.1:${port}/x`, { clock: systemClock, loopback: true });
    assert.ok(found.card === undefined);
    assert.match(found.error, /larger than a card may be.*not an agent card.*not JSON/u);
    server.close();
    server.closeAllConnections();
  });
});
