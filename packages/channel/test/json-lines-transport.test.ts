import { PassThrough } from 'node:stream';
import { jsonLinesTransport, MAX_LINE_BYTES, serveChannel } from '@bowline/channel';
import { defineChannel, event, request } from '@bowline/contracts';
import { describe, expect, test } from 'vitest';

const definition = defineChannel({
  name: 'lines',
  version: 1,
  requests: { echo: request<unknown, unknown>(), hang: request<unknown, void>() },
  events: { told: event<unknown>() },
});

const HELLO = '{"type":"hello","channel":"lines","version":1}\n';

const arrange = (maxLineBytes = 1_000) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const lines: Record<string, unknown>[] = [];
  output.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line));
  });
  const served = serveChannel(definition, jsonLinesTransport(input, output, { maxLineBytes }), {
    handlers: { echo: (value) => value, hang: () => new Promise(() => undefined) },
  });
  /** Streams answer on ticks of their own; a round of the event loop is past all of them. */
  const say = async (text: string | Uint8Array): Promise<void> => {
    input.write(text);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { input, output, lines, served, say };
};

describe('a channel as JSON lines', () => {
  test('a line that is no message is answered with an error line, and the channel goes on', async () => {
    const { say, lines } = arrange();
    await say(`${HELLO}what?\n{"type":"request","id":1,"verb":"echo","input":{"a":1}}\n`);
    expect(lines.map(({ type, id }) => [type, id])).toEqual([
      ['welcome', undefined],
      ['failure', null],
      ['result', 1],
    ]);
    expect(lines[1]?.error).toMatchObject({ code: 'CHANNEL_BAD_MESSAGE' });
  });

  test('the answer to a bad line repeats nothing of it', async () => {
    const { say, lines } = arrange();
    await say('{"secret":"abandon ability\n');
    expect(JSON.stringify(lines)).not.toContain('abandon');
  });

  test('a line without end is answered once and never held', async () => {
    const { say, lines } = arrange(100);
    await say(HELLO);
    for (let chunk = 0; chunk < 50; chunk += 1) await say('x'.repeat(90));
    await say(`\n{"type":"request","id":1,"verb":"echo","input":2}\n`);
    expect(lines.map(({ type }) => type)).toEqual(['welcome', 'failure', 'result']);
    expect(JSON.stringify(lines[1])).toContain('longer than 100 bytes');
  });

  test('random bytes do not crash it', async () => {
    const { say, lines } = arrange();
    await say(Uint8Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 256));
    await say(`\n${HELLO}`);
    expect(lines.at(-1)).toEqual({ type: 'welcome' });
    expect(lines.length).toBeGreaterThan(1);
  });

  test('a second hello, an id in use and a line a caller does not send are answered as bad', async () => {
    const { say, lines } = arrange();
    await say(HELLO + HELLO);
    await say('{"type":"request","id":1,"verb":"hang"}\n{"type":"request","id":1,"verb":"hang"}\n{"type":"welcome"}\n');
    expect(lines.map(({ type, id }) => [type, id])).toEqual([
      ['welcome', undefined],
      ['failure', null],
      ['failure', null],
      ['failure', null],
    ]);
  });

  test('a request before the hello is refused', async () => {
    const { say, lines } = arrange();
    await say('{"type":"request","id":4,"verb":"echo"}\n');
    expect(lines).toMatchObject([{ type: 'failure', id: 4, error: { code: 'CHANNEL_BAD_MESSAGE' } }]);
  });

  test('the end of the input ends the channel', async () => {
    const { say, input, served } = arrange();
    await say(HELLO);
    input.end();
    expect((await served.closed).data.reason).toBe('the input ended');
  });

  test('a broken output ends the channel', async () => {
    const { say, output, served } = arrange();
    await say(HELLO);
    output.destroy(new Error('EPIPE'));
    expect((await served.closed).data.reason).toContain('EPIPE');
  });

  test('an output that is closed without a word ends the channel', async () => {
    const { say, output, served } = arrange();
    await say(HELLO);
    output.destroy();
    expect((await served.closed).data.reason).toBe('the output ended');
  });

  test('a stream that failed before anybody listened is the end', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const transport = jsonLinesTransport(input, output);
    input.destroy(new Error('EIO'));
    await new Promise((resolve) => setImmediate(resolve));
    const served = serveChannel(definition, transport, { handlers: { echo: (value) => value, hang: () => undefined } });
    expect((await served.closed).data.reason).toContain('EIO');
  });

  test('an input that was over before is the end', async () => {
    const input = new PassThrough();
    input.destroy();
    const served = serveChannel(definition, jsonLinesTransport(input, new PassThrough()), {
      handlers: { echo: (value) => value, hang: () => undefined },
    });
    expect((await served.closed).data.reason).toBe('the input ended');
  });

  test('a reader that does not read does not make the writer grow without bound', async () => {
    const { say, input, output, served } = arrange();
    await say(HELLO);
    output.removeAllListeners('data');
    output.pause();
    const payload = 'x'.repeat(7 * 1_024 * 1_024);
    for (let told = 0; told < 12; told += 1) served.emit('told', payload);
    expect((await served.closed).data.reason).toBe('the reader does not keep up');
    expect(input.destroyed).toBe(true);
  });

  test('what is longer than the other side reads is refused here, and the channel goes on', async () => {
    const { say, served } = arrange();
    await say(HELLO);
    expect(() => served.emit('told', 'x'.repeat(MAX_LINE_BYTES))).toThrow(
      expect.objectContaining({ code: 'CHANNEL_UNCARRIABLE' }),
    );
    served.emit('told', 'short');
  });
});
