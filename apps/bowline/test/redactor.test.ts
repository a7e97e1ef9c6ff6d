import { describe, expect, it } from 'vitest';
import { redactor } from '../src/support/redactor.ts';

const redacted = (text: string, known: readonly string[] = []): string =>
  redactor(known).redact({ sentence: text }) as never as string;

describe('what a support bundle holds', () => {
  it.each([
    'relay.alice.example',
    'device.alice.de',
    'worker.io',
    'bücher.example',
    'xn--bcher-kva.example',
    'nas.xn--p1ai',
    '192.168.1.20:4000',
    'fe80::1c2d:3e4f:5a6b:7c8d%wlan0',
    '[2001:db8::17]:41000',
    '::ffff:192.168.1.20',
    '64:ff9b::192.0.2.33',
    '00:1a:2b:3c:4d:5e',
    '00-1A-2B-3C-4D-5E',
    'enx001a2b3c4d5e',
    'br-0123456789ab',
    '/home/alice/.local/share/bowline',
    'C:\\Users\\alice\\bowline',
    'd-0123456789abcdef',
    'ws://alice:secret@relay/',
  ])('is not %s, nor any part of it', (text) => {
    const found = JSON.stringify(redacted(`It is at ${text}, and was not found.`));
    expect(found).toMatch(/It is at <[a-z]+ 1>,? and was not found\./);
  });

  it('is no name, however short, and no word loses its letters to one', () => {
    expect(redacted('é is away; étude and café are there', ['é'])).toEqual({
      sentence: '<name 1> is away; étude and café are there',
    });
    expect(redacted('bo, robots and "bo"', ['bo'])).toEqual({ sentence: '<name 1>, robots and "<name 1>"' });
    expect(redacted('The nas-2 of nas', ['nas', 'nas-2'])).toEqual({ sentence: 'The <name 1> of <name 2>' });
  });

  it('is what the software calls its own things, where it does', () => {
    const { redact } = redactor(['nas']);
    const lines = [
      { event: 'relay.stateChanged', by: 'dial.failed', from: 'live.offering', to: 'down' },
      { kind: 'device.connected', cause: 'relay.alice.example is the best relay that is connected.' },
      { event: 'nas' },
    ];
    expect(redact(lines)).toEqual([
      lines[0],
      { kind: 'device.connected', cause: '<host 1> is the best relay that is connected.' },
      { event: '<name 1>' },
    ]);
  });
});
