import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { derivePairingKeys, parseCode, wordsOfEntropy } from '@bowline/pairing-code';
import { persistence } from '@bowline/persistence';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { actorHarness, memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ChildCommand, childCommand } from '../src/demo/child-command.ts';
import { isConnected, offerCode, type TestDevice, temporaryFolder, testDevice } from './two-devices.ts';

const RELAY_TOKEN = 'relay-token-7f3k2q';

/** Three devices and some thirty commands, each a process that logs everything: no race with what else the machine does. */
const LONGEST_MS = 150_000;

/** Everything any program of the run writes, but for the answer to `pair`, which is the code. */
const recorder = () => {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => {
    chunks.push(chunk);
  };
  return {
    logOf: ({ process: child }: ChildCommand): void => {
      child.stderr?.on('data', keep);
    },
    allOf: ({ process: child }: ChildCommand): void => {
      child.stderr?.on('data', keep);
      child.stdout?.on('data', keep);
    },
    recorded: () => Buffer.concat(chunks),
  };
};

/** All ways in which bytes are likely to be written. */
const formsOf = (secret: Uint8Array): readonly Buffer[] => {
  const bytes = Buffer.from(secret);
  const texts = [
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.join(','),
    bytes.join(', '),
  ];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
};

/** Any three neighbours of the code, with what may stand between words. */
const formsOfWords = (words: string): readonly Buffer[] => {
  const list = words.split(' ');
  return [' ', '-', ',', ', ', '","', '\n'].flatMap((between) =>
    list.slice(2).map((_, index) => Buffer.from(list.slice(index, index + 3).join(between))),
  );
};

const foundIn = (haystack: Buffer, needles: Readonly<Record<string, readonly Buffer[]>>): readonly string[] =>
  Object.entries(needles)
    .filter(([, forms]) => forms.some((form) => haystack.includes(form)))
    .map(([name]) => name);

const STORE_KEY = 'store.key';

const storedBytes = (dataDir: string): Buffer =>
  Buffer.concat(
    readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== STORE_KEY)
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );

/** The endpoint's secret key, as only the holder of the key file reads it. */
const secretKeyOf = async (dataDir: string): Promise<Uint8Array> => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const store = actorHarness((given) => persistence({ dataDir })(given), components);
  await store.actor.start();
  const { secretKey } = await store.client.request('openIdentity', { defaultName: 'unused' });
  await store.actor.stop();
  return secretKey;
};

/** What is inside a ticket, where its text would hide it from a search. */
const bytesOfTicket = (ticket: string): Buffer => Buffer.from(ticket.replace('bowline:', ''), 'base64url');

const relayWithToken = async (log: (command: ChildCommand) => void): Promise<string> => {
  const tokens = join(temporaryFolder(), 'tokens');
  writeFileSync(tokens, `${RELAY_TOKEN}\n`);
  const relay = childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', '0', '--token-file', tokens]);
  onTestFinished(() => relay.end());
  log(relay);
  return String((await relay.line(({ event }) => event === 'listening')).url);
};

const isUsingRelay = ({ relays }: Awaited<ReturnType<TestDevice['status']>>): boolean =>
  relays.some(({ state }) => state === 'connected');

describe('a full run, everything logged', () => {
  it('leaves no word, key or token in a log, an event, a status or the store', { timeout: LONGEST_MS }, async () => {
    vi.stubEnv('BOWLINE_LOG', 'trace');
    vi.stubEnv('BOWLINE_RELAY_TOKEN', RELAY_TOKEN);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { allOf, logOf, recorded } = recorder();
    const relayUrl = await relayWithToken(allOf);
    // The tablet has no token of its own: it gets the laptop's by ticket.
    const tablet = testDevice('tablet', ['--relay', relayUrl, '--bind', '127.0.0.1'], temporaryFolder(), [
      'env',
      '--unset=BOWLINE_RELAY_TOKEN',
    ]);
    const [laptop, phone] = [testDevice('laptop', ['--relay', relayUrl]), testDevice('phone', ['--relay', relayUrl])];
    const devices = [laptop, phone, tablet];
    for (const device of devices) {
      const ready = device.up();
      allOf(device.daemon());
      await ready;
      const following = childCommand(['events', '--follow', '--data-dir', device.dataDir]);
      onTestFinished(() => following.end());
      allOf(following);
    }
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isUsingRelay)));
    const run = async (device: TestDevice, ...args: readonly string[]): Promise<number> => {
      const command = childCommand([...args, '--data-dir', device.dataDir]);
      allOf(command);
      return command.exitCode();
    };

    const offer = await offerCode(laptop);
    logOf(offer.command);
    const wrong = wordsOfEntropy(systemRandom.bytes(16));
    expect(await run(phone, 'join', wrong)).not.toBe(0);
    expect(await run(phone, 'join', offer.words)).toBe(0);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    const second = await offerCode(phone);
    logOf(second.command);
    // Paired already.
    expect(await run(laptop, 'join', second.ticket)).toBe(4);
    expect(await run(laptop, 'send', 'phone', 'a message')).toBe(0);
    expect(isUsingRelay(await tablet.status())).toBe(false);
    const shared = await offerCode(laptop, '--share-relay-token');
    logOf(shared.command);
    expect(await run(tablet, 'join', shared.ticket)).toBe(0);
    await tablet.statusWhere((status) => isConnected(status) && isUsingRelay(status));
    const looks = [['status'], ['devices'], ['events'], ['relay', 'status']];
    const exitCodes = await Promise.all(devices.flatMap((device) => looks.map((look) => run(device, ...look))));
    expect(exitCodes).toEqual(exitCodes.map(() => 0));
    expect(await run(laptop, 'relay', 'pin', relayUrl)).toBe(0);
    expect(await run(laptop, 'unpair', 'phone')).toBe(0);
    const ids = await Promise.all(devices.map(async (each) => (await each.status()).device.endpointId));
    await Promise.all(devices.map((device) => device.daemon().end()));

    const token = Buffer.from(RELAY_TOKEN);
    // Only the ticket that was to hold it does.
    expect([offer, second, shared].map(({ ticket }) => bytesOfTicket(ticket).includes(token))).toEqual([
      false,
      false,
      true,
    ]);
    const secrets: Record<string, readonly Buffer[]> = { relayToken: formsOf(token) };
    for (const [which, { words, ticket }] of Object.entries({
      offer,
      second,
      shared,
      wrong: { words: wrong, ticket: wrong },
    })) {
      const { entropy } = parseCode(words);
      const {
        lanTag: _shown,
        rendezvousEndpointId: _public,
        sessionId: _logged,
        ...secretKeys
      } = derivePairingKeys(entropy);
      const keys = Object.entries(secretKeys) as [string, Uint8Array][];
      secrets[`${which} words`] = formsOfWords(words);
      secrets[`${which} ticket`] = [Buffer.from(ticket)];
      secrets[`${which} entropy`] = formsOf(entropy);
      for (const [name, key] of keys) secrets[`${which} ${name}`] = formsOf(key);
    }
    for (const device of devices) secrets[`${device.dataDir} key`] = formsOf(await secretKeyOf(device.dataDir));

    const places: Record<string, Buffer> = { written: recorded() };
    // The control: what is no secret is found in every place, and a planted secret would be.
    for (const [index, { dataDir }] of devices.entries()) {
      const ownId = { ownId: formsOf(Buffer.from(`${ids[index]}`)) };
      const kept = storedBytes(dataDir);
      places[dataDir] = kept;
      expect(foundIn(kept, ownId)).toEqual(['ownId']);
      expect(foundIn(recorded(), ownId)).toEqual(['ownId']);
    }
    expect(recorded().toString()).toContain('"level":"debug"');
    for (const [name, forms] of Object.entries(secrets)) {
      for (const form of forms) expect(foundIn(Buffer.concat([recorded(), form]), secrets)).toContain(name);
    }
    for (const [place, bytes] of Object.entries(places)) {
      expect([place, foundIn(bytes, secrets)]).toEqual([place, []]);
    }
  });
});
