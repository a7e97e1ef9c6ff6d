import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { readObservers } from '@bowline/observe-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../../packages/relay-server/test/self-signed.ts';
import { TestClient } from '../../../packages/relay-server/test/test-client.ts';
import { type ChildCommand, childCommand } from '../src/demo/child-command.ts';
import { openFileLimit } from '../src/relay-host/open-files.ts';
import { temporaryFolder } from './two-devices.ts';

const serve = (...args: readonly string[]): ChildCommand => {
  const command = childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', '0', ...args]);
  onTestFinished(() => command.end());
  return command;
};

const listening = (command: ChildCommand) => command.line(({ event }) => event === 'listening');

const fileOf = (folder: string, name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** A UDP socket of this machine, until the test ends. Rejects when its port is taken. */
const udpSocketOn = async (port: number): Promise<Socket> => {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return socket;
};

/** The certificate a server shows, by its fingerprint. */
const shownAt = async (port: unknown): Promise<string> => {
  const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

describe('bowline relay serve', () => {
  it('shows a renewed certificate without losing a client, and keeps the old one when the new one is broken', async () => {
    const folder = temporaryFolder();
    const first = selfSigned();
    const cert = fileOf(folder, 'cert.pem', first.certificatePem);
    const key = fileOf(folder, 'key.pem', first.privateKeyPem);
    const relay = serve('--tls-cert', cert, '--tls-key', key);
    const { port, url } = await listening(relay);
    const client = await TestClient.login(String(url), { ca: first.certificatePem });
    const before = await shownAt(port);

    fileOf(folder, 'cert.pem', '-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n');
    relay.process.kill('SIGHUP');
    expect((await relay.line(({ event }) => event === 'renewalFailed')).message).toContain('certificate');
    expect(await shownAt(port)).toBe(before);

    const second = selfSigned();
    fileOf(folder, 'key.pem', second.privateKeyPem);
    fileOf(folder, 'cert.pem', second.certificatePem);
    relay.process.kill('SIGHUP');
    await relay.line(({ event }) => event === 'renewed');
    expect(await shownAt(port)).not.toBe(before);
    await client.settled();
  });

  it('admits by the tokens in a file, and by others once the file says so', async () => {
    const folder = temporaryFolder();
    const tokens = fileOf(folder, 'tokens', '# the family\nfirst-token\n');
    const relay = serve('--token-file', tokens);
    const { url } = await listening(relay);
    const login = (token: string) => TestClient.login(String(url), { headers: { authorization: `Bearer ${token}` } });
    await login('first-token');
    await expect(login('second-token')).rejects.toThrow('denied');

    fileOf(folder, 'tokens', 'second-token\n');
    relay.process.kill('SIGHUP');
    await relay.line(({ event }) => event === 'renewed');
    await login('second-token');
    await expect(login('first-token')).rejects.toThrow('denied');
  });

  it('ends the logins of an endpoint that the file has come to deny', async () => {
    const folder = temporaryFolder();
    const config = fileOf(folder, 'relay.json', '{}');
    const relay = serve('--config', config);
    const { url } = await listening(relay);
    const [denied, other] = [
      await TestClient.login(String(url), { seed: 1 }),
      await TestClient.login(String(url), { seed: 2 }),
    ];
    fileOf(folder, 'relay.json', JSON.stringify({ access: { deny: [denied.endpointId.toUpperCase()] } }));
    relay.process.kill('SIGHUP');
    expect(await denied.closed).toBe(1008);
    await other.settled();
  });

  it('serves health and metrics on a port of their own', async () => {
    const relay = serve('--metrics-port', '0');
    const { metricsPort } = await listening(relay);
    const answer = async (path: string) => (await fetch(`http://127.0.0.1:${metricsPort}${path}`)).text();
    expect(JSON.parse(await answer('/health'))).toMatchObject({ status: 'ok' });
    expect(await answer('/metrics')).toMatch(/^bowline_relay_\w+ 0$/m);
  });

  it('tells of an observer that stands beside it, and ends with it', async () => {
    const relay = serve('--observer-port', '0');
    const { observerPorts, url } = await listening(relay);
    expect(observerPorts).toHaveLength(2);
    const observers = readObservers(await (await fetch(`${url}observer`)).text());
    expect(observers?.map(({ port }) => port)).toEqual(observerPorts);
    relay.process.kill('SIGTERM');
    expect(await relay.exitCode()).toBe(0);
    // Nobody holds the ports any more.
    for (const port of observerPorts as number[]) await udpSocketOn(port);
  });

  it('has no observer for this machine alone unless it is asked for', async () => {
    const { observerPorts, url } = await listening(serve());
    expect(observerPorts).toEqual([]);
    expect((await fetch(`${url}observer`)).status).toBe(404);
  });

  it('does not start when the port its observer is to have is taken', async () => {
    const socket = await udpSocketOn(0);
    const relay = serve('--observer-port', String(socket.address().port));
    expect(JSON.stringify(await relay.allLines())).toContain('ENDPOINT_BIND_FAILED');
    expect(await relay.exitCode()).toBe(1);
  });

  it('says so when it may open fewer files than it may have clients', async () => {
    const relay = serve('--max-clients', '900000');
    await listening(relay);
    relay.process.kill('SIGTERM');
    const lines = await relay.allLines();
    const isShort = (openFileLimit() ?? Number.POSITIVE_INFINITY) < 900_000;
    expect(lines.some(({ event }) => event === 'fewFiles')).toBe(isShort);
  });

  it('checks a configuration without starting, and shows no secret', async () => {
    const folder = temporaryFolder();
    const config = fileOf(
      folder,
      'relay.json',
      JSON.stringify({ port: 3_341, access: { tokens: ['secret-one', 'secret-two'] }, limits: { maxClients: 50 } }),
    );
    const command = childCommand(['relay', 'serve', '--check', '--config', config, '--max-clients', '60']);
    const lines = await command.allLines();
    expect(lines).toMatchObject([
      { event: 'checked', port: 3_341, tls: false, maxClients: 60, access: { tokens: 2, allow: null } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret-');
    expect(await command.exitCode()).toBe(0);
  });

  it.for([
    ['a field that does not exist', '{"prot":1}', 'prot'],
    ['a port out of range', '{"port":70000}', 'port'],
    ['text instead of a list', '{"access":{"tokens":"secret"}}', 'access.tokens'],
    ['an observer without a port', '{"observer":{"bind":"::"}}', 'observer'],
    ['an observer out of range', '{"bind":"127.0.0.1","observer":{"port":65535}}', 'port'],
    ['a comma too many', '{"port":3340,}', 'Line 1'],
    ['a key without its certificate', '{"tls":{"privateKeyFile":"key.pem"}}', 'tls.certificateFile'],
  ] as const)('refuses %s, says where, and ends with 2', async ([, content, where]) => {
    const command = childCommand(['relay', 'serve', '--config', fileOf(temporaryFolder(), 'relay.json', content)]);
    const lines = await command.allLines();
    expect(JSON.stringify(lines)).toContain(where);
    expect(JSON.stringify(lines)).not.toContain('"secret"');
    expect(await command.exitCode()).toBe(2);
  });

  it('ends with 0 when it is told to, and tells its clients', async () => {
    const relay = serve();
    const client = await TestClient.login(String((await listening(relay)).url));
    relay.process.kill('SIGTERM');
    expect(await client.frames.next()).toMatchObject({ type: 'restarting' });
    expect(await relay.exitCode()).toBe(0);
  });
});
