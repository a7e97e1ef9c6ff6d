import { duplexPair } from 'node:stream';
import { fakeClock, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { ProofFailedError, proveToCommand, proveToDaemon } from '../../src/daemon/mutual-proof.ts';

const SECRET = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

const arrange = () => {
  const [command, daemon] = duplexPair();
  const clock = fakeClock();
  return {
    command,
    daemon,
    clock,
    ours: { clock, random: seededRandom(1) },
    theirs: { clock, random: seededRandom(2) },
  };
};
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was proven',
    (error: unknown) => error,
  );

describe('a command and its daemon', () => {
  it('prove themselves to each other, and lose no byte of what follows', async () => {
    const { command, daemon, ours, theirs } = arrange();
    const proving = proveToCommand(daemon, SECRET, theirs);
    await proveToDaemon(command, SECRET, ours);
    command.write('first\nsecond\n');
    await proving;
    const heard: string[] = [];
    daemon.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    await new Promise((resolve) => daemon.once('readable', resolve).once('data', resolve));
    expect(heard.join('')).toBe('first\nsecond\n');
  });

  it('a daemon that does not know the secret is told nothing', async () => {
    const { command, daemon, ours, theirs } = arrange();
    const serving = failureOf(proveToCommand(daemon, OTHER, theirs));
    expect(await failureOf(proveToDaemon(command, SECRET, ours))).toBeInstanceOf(ProofFailedError);
    command.destroy();
    daemon.destroy();
    await serving;
  });

  it('an answer copied from the command proves nothing', async () => {
    const { command, daemon, ours } = arrange();
    daemon.once('data', (line: Buffer) => daemon.write(line.toString().replace('}', `,"proof":"${'0'.repeat(64)}"}`)));
    daemon.resume();
    expect(await failureOf(proveToDaemon(command, SECRET, ours))).toBeInstanceOf(ProofFailedError);
  });

  it.each(['no JSON\n', '{"nonce":1}\n', '{}\n'])('a daemon refuses %j', async (line) => {
    const { command, daemon, theirs } = arrange();
    command.write(line);
    expect(await failureOf(proveToCommand(daemon, SECRET, theirs))).toBeInstanceOf(ProofFailedError);
  });

  it('a command that does not know the secret is refused', async () => {
    const { command, daemon, theirs } = arrange();
    const serving = failureOf(proveToCommand(daemon, SECRET, theirs));
    command.write(`{"nonce":"${'0'.repeat(32)}"}\n{"proof":"${'0'.repeat(64)}"}\n`);
    expect(await serving).toBeInstanceOf(ProofFailedError);
  });

  it('waits for neither a silent one nor an endless line', async () => {
    const silent = arrange();
    const waiting = failureOf(proveToCommand(silent.daemon, SECRET, silent.theirs));
    await silent.clock.advance(5_000);
    expect(await waiting).toMatchObject({ message: 'nothing came within 5000 ms' });
    const endless = arrange();
    endless.command.write('x'.repeat(1_000));
    expect(await failureOf(proveToCommand(endless.daemon, SECRET, endless.theirs))).toMatchObject({
      message: 'the line is too long',
    });
  });
});
