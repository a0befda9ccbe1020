import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { redact } from '../../../../src/core/memory/index.ts';

const LONG = 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA';
const MARK = '-'.repeat(5);
const PEM = `${MARK}BEGIN RSA PRIVATE KEY${MARK}\nMIIabc\ndef==\n${MARK}END RSA PRIVATE KEY${MARK}`;

/** What is secret in it, how it stands in a text, and what it is called. Put together here, so that no key stands in a file. */
const SECRETS: [string, string, string][] = [
  ['api_key', `sk-${LONG}`, '@'],
  ['api_key', `sk-proj-${LONG}_${LONG}`, '(@)'],
  ['github_token', `ghp_${LONG}`, '@'],
  ['github_token', `github_pat_${LONG}_${LONG}`, 'x: @'],
  ['aws_key', `AKIA${'Q7'.repeat(8)}`, 'aws @.'],
  ['slack_token', `xoxb-${LONG}`, '@,'],
  ['google_key', `AIza${LONG}abc`, '@'],
  ['jwt', `eyJ${LONG}.eyJ${LONG}.${LONG}`, '@'],
  ['private_key', PEM, 'the key:\n@\nand more'],
  ['bearer', LONG, 'Bearer @'],
  ['authorization', 'dXNlcjpwYXNz', 'Authorization: Basic @'],
  ['errand_key', `ek_ws_${LONG}`, '@'],
  ['attempt_token', `att_${LONG}.12.${LONG}`, '@'],
  ['password', 'hunter2', 'password=@'],
  ['password', 'hunter two', 'DB_PASSWORD = "@"'],
  ['password', 'hunter2!', '{"password": "@"}'],
  ['password', 'hunter2', 'password: @'],
  ['secret', 'hush', 'client_secret=@'],
  ['token', 'abc.def', 'access_token=@&x=1'],
  ['token', 'k3y', "api-key: '@'"],
  ['connection_password', 'pa:ss@w0rd', 'postgres://user:@@db.internal/x'],
  ['connection_password', 'foobared', 'redis://:@@cache:6379'],
];

describe('what is kept', () => {
  for (const [kind, secret, frame] of SECRETS) {
    test(`has no ${kind} as in ${frame.replaceAll('\n', ' ')}`, () => {
      const { text, redacted } = redact(`before ${frame.replace('@', () => secret)} after`);
      assert.ok(!text.includes(secret), text);
      assert.equal(text, `before ${frame.replace('@', () => `[redacted:${kind}]`)} after`);
      assert.deepEqual(redacted, [{ kind, count: 1 }]);
    });
  }

  test('has everything else as it was', () => {
    for (const text of [
      'The password is kept by the operator; ask for a token.',
      'max_tokens=4096 and tokens: many',
      'see https://example.com:8443/path?x=1 or mail a@b.example',
      'sk-learn-and-other-packages are fine, and so is Bearer authentication',
      'a task-force-of-seventeen-people, an eyJ, an AKIA, a xoxb-',
      'if (password == other) { secret => token }',
      'Password: ask somebody. Token: none.',
      '',
    ]) {
      assert.deepEqual(redact(text), { text, redacted: [] });
    }
  });

  test('has a key that was cut off taken out to its end', () => {
    const { text } = redact(`x ${PEM.slice(0, 60)}`);
    assert.equal(text, 'x [redacted:private_key]');
  });

  test('has none of the secrets that were put into it, wherever they stand, and says how many there were', () => {
    const filler = fc.stringMatching(/^[ .,\n]{1,5}[a-z ]{0,20}[ .,\n]{1,5}$/u);
    const planted = fc.array(fc.tuple(filler, fc.constantFrom(...SECRETS)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(planted, (parts) => {
        const whole = parts.map(([before, [, secret, frame]]) => `${before} ${frame.replace('@', () => secret)} `);
        const { text, redacted } = redact(whole.join(''));
        for (const [, [, secret]] of parts) {
          assert.ok(!text.includes(secret), text);
        }
        const counts = Map.groupBy(parts, ([, [kind]]) => kind);
        const expected = [...counts].map(([kind, { length }]) => `${kind} ${length}`);
        assert.deepEqual(redacted.map(({ kind, count }) => `${kind} ${count}`).toSorted(), expected.toSorted());
      }),
      { numRuns: 300 },
    );
  });

  test('goes through it a second time unchanged, whatever it is', () => {
    const pieces = fc.constantFrom(
      ...SECRETS.map(([, secret, frame]) => frame.replace('@', () => secret)),
      ...[
        'password',
        'token',
        '=',
        ':',
        ' ',
        '"',
        "'",
        '@',
        '://',
        '[redacted:token]',
        'Bearer ',
        MARK,
        '.',
        '\n',
        'eyJ',
      ],
    );
    const text = fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        const once = redact(parts.join('')).text;
        assert.equal(redact(once).text, once);
      }),
      { numRuns: 1000 },
    );
  });

  test('is looked through in well under a second, though it be 1 MB that was made to take long', () => {
    const units = [
      ...[
        'a',
        ' ',
        '-',
        'eyJ',
        'eyJaaaaaaaa.',
        'eyJaaaaaaaa.eyJaaaaaaaa',
        'sk-',
        'sk-a ',
        'ghp_',
        'AKIA',
        'xoxb-',
        'AIza',
      ],
      ...[
        'password',
        'password=',
        'password="',
        "password: '",
        'token: a',
        'token:a',
        'secret  ',
        'api_key',
        'bearer ',
      ],
      ...[
        'bearer  a',
        'authorization: basic ',
        '://',
        '://a:',
        '://a:b',
        ':',
        '@',
        '://a:@',
        'att_',
        'att_aaaaaaaa.1.',
      ],
      ...[
        `${MARK}BEGIN PRIVATE KEY${MARK}`,
        `${MARK}BEGIN `,
        `${MARK}END `,
        `${MARK}BEGIN PRIVATE KEY${MARK}${MARK}END `,
      ],
      ...['"', "'", '=', 'pwd:=', 'pwd = ', '[redacted:', 'Aa1-_.'],
    ];
    for (const unit of units) {
      for (const [prefix, size] of [
        ['', 1_000_000],
        ['password="', 100_000],
      ] as const) {
        const text = prefix + unit.repeat(Math.ceil(size / unit.length));
        const from = process.cpuUsage();
        redact(text);
        const took = process.cpuUsage(from).user / 1000;
        assert.ok(took < 900, `${prefix}${unit}: ${Math.round(took)} ms`);
      }
    }
  });
});
