import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { pairDevices, testDevice, testRelay } from './two-devices.ts';

it('a message from standard input arrives byte for byte, up to 256 KiB exactly', async () => {
  const { url } = await testRelay();
  const [laptop, nas] = [
    testDevice('laptop', ['--relay', url, '--no-mdns']),
    testDevice('nas', ['--relay', url, '--no-mdns']),
  ];
  await Promise.all([laptop.up(), nas.up()]);
  await pairDevices(nas, laptop);

  const bodies = [
    Buffer.from('\x89PNG\r\n\x1a\n\x00\x01\xff\xfe', 'latin1'),
    Buffer.from('\ufefftext with \u0000, \u2028 and \u200e in it\n'),
    Buffer.concat([Buffer.from([0xff]), randomBytes(262_143)]),
    Buffer.alloc(262_144, 'a'),
  ];
  const following = childCommand(['events', '--follow', '--last', '100', '--data-dir', nas.dataDir]);
  onTestFinished(() => following.end());
  for (const body of bodies) {
    const sending = childCommand(['send', 'nas', '-', '--data-dir', laptop.dataDir], [], body);
    expect((await sending.allLines()).at(-1)).toMatchObject({ delivered: true });
  }
  const tooLarge = childCommand(['send', 'nas', '-', '--data-dir', laptop.dataDir], [], Buffer.alloc(262_145));
  expect((await tooLarge.allLines()).at(-1)).toMatchObject({
    error: { code: 'WRONG_USE', message: 'A message holds at most 262144 bytes.' },
  });
  expect((await laptop.run('send', 'nas', 'several', 'words')).lines.at(-1)).toMatchObject({ delivered: true });
  await following.line(({ text }) => text === 'several words');

  // The journal shows the beginning of a message; whole it is in the inbox.
  const { lines } = await nas.run('messages');
  const kept = lines.filter(({ event }) => event === 'message');
  const told = following.lines().filter(({ event }) => event === 'message.received');
  for (const heard of [kept, told]) {
    const received = heard.map(({ text, bytesBase64 }) =>
      typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(bytesBase64), 'base64'),
    );
    const arrived = bodies.map((body) => received.some((each) => each.equals(body)));
    expect(arrived).toEqual(bodies.map(() => true));
  }
}, 150_000);
