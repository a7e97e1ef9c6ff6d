import { BowlineError } from '@bowline/contracts';
import { createLogger, type LoggerOptions } from '@bowline/logging';
import { describe, expect, test } from 'vitest';

const arrange = (options: Partial<LoggerOptions> = {}) => {
  const written: string[] = [];
  const logger = createLogger({ level: 'trace', ...options, destination: { write: (line) => written.push(line) } });
  return { logger, written, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

describe('a logger', () => {
  test('writes one JSON object on each line: level, time, component, fields, message', () => {
    const { logger, written, lines } = arrange({ component: 'endpoint' });
    logger.info({ path: 'relay' }, 'candidate found');
    expect(written[0]?.endsWith('}\n')).toBe(true);
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        pid: process.pid,
        component: 'endpoint',
        path: 'relay',
        message: 'candidate found',
      },
    ]);
  });

  test('a child adds its fields, and replaces those of the same name', () => {
    const { logger, written, lines } = arrange({ component: 'a' });
    logger.child({ component: 'b', token: 'abc' }).child({ n: 1 }).warn({}, 'm');
    expect(lines()[0]).toMatchObject({ component: 'b', token: '[redacted]', n: 1 });
    expect(written[0]?.match(/"component"/g)).toHaveLength(1);
  });

  test('writes nothing below its level', () => {
    const { logger, lines } = arrange({ level: 'warn' });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level]({}, level);
    expect(lines().map(({ message }) => message)).toEqual(['warn', 'error']);
    const silent = arrange({ level: 'silent' });
    silent.logger.error({}, 'm');
    expect(silent.written).toEqual([]);
  });

  test('what a peer says cannot begin a line of its own or an escape sequence', () => {
    const { logger, written } = arrange();
    logger.info({ name: 'x\n{"level":"error"}\u001b[2J\u009b2J' }, 'peer\nsaid');
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).not.toContain('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(written[0]?.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  test('a field named like one of its own does not break the line', () => {
    const { logger, lines } = arrange();
    logger.info({ msg: 'a', err: new Error('b'), toJSON: () => 'c' }, 'm');
    expect(lines()[0]).toMatchObject({ msg: 'a', err: { name: 'Error', message: 'b' }, message: 'm' });
  });

  test('words, keys, tickets and tokens never come out, wherever they are put', () => {
    const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
    const keyHex = '5a'.repeat(32);
    const keyBytes = Uint8Array.from({ length: 32 }, () => 0x5a);
    const ticket = 'bowline:k3yW0rdT1cket';
    const token = 't0k3n-value';
    const secrets = ['sausage', 'yellow', keyHex, '90,90', 'k3yW0rd', token, 'WlpaWl'];
    const { logger, written } = arrange();
    const holders: readonly unknown[] = [
      { words, secretKey: keyHex, ticket, token },
      { input: { words: words.split(' '), key: keyBytes, relay: { authToken: token } } },
      {
        line: words,
        link: ticket,
        header: `Bearer ${token}`,
        url: `https://r.example/?token=${token}`,
        bytes: keyBytes,
      },
      { error: new Error(`cannot use ${words} or ${ticket}`) },
      {
        error: new BowlineError({
          code: 'X',
          message: `wrong: ${words}`,
          data: { proof: keyHex, bytes: keyBytes, ticket, words: words.split(' ') },
          cause: new Error(`inner ${ticket}`, { cause: { passphrase: token, entropy: keyHex } }),
        }),
      },
      { [`${words}`]: 1 },
      new Map<string, unknown>([['token', token]]),
      { list: [words.split(' '), [ticket], [...keyBytes]], set: new Set([words]) },
      { json: JSON.parse(JSON.stringify({ b: Buffer.from(keyBytes) })) },
    ];
    for (const fields of holders) {
      logger.error(fields as Record<string, unknown>, `failed with ${words} and ${ticket}`);
      logger.child(fields as Record<string, unknown>).info({ nested: { deeper: fields } }, 'm');
    }
    const all = written.join('');
    expect(written).toHaveLength(holders.length * 2);
    for (const secret of secrets) expect(all).not.toContain(secret);
  });
});
