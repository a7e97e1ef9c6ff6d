import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@bowline/system-ports';
import { freePort } from '@bowline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { probeRelay } from '../src/index.ts';

const servers: Server[] = [];

const listen = async (status: number | null): Promise<string> => {
  const server = createServer((_request, response) => {
    if (status !== null) response.writeHead(status).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const context = () => ({ signal: new AbortController().signal, clock: systemClock });

describe('probeRelay', () => {
  it('measures a relay that answers', async () => {
    const result = await probeRelay({ url: await listen(200) }, context());
    expect(result.outcome).toBe('answered');
    expect(result.outcome === 'answered' && Number.isFinite(result.rttMs)).toBe(true);
  });

  it('says what a server that is no relay answered', async () => {
    const result = await probeRelay({ url: await listen(404) }, context());
    expect(result).toEqual({ outcome: 'failed', reason: 'http', detail: 'it answered 404' });
  });

  it('says that nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort('tcp')}/`;
    expect(await probeRelay({ url }, context())).toEqual({
      outcome: 'failed',
      reason: 'portClosed',
      detail: 'ECONNREFUSED',
    });
  });

  it('gives up on a relay that hangs', async () => {
    const result = await probeRelay({ url: await listen(null), timeoutMs: 50 }, context());
    expect(result).toEqual({ outcome: 'failed', reason: 'timeout', detail: 'no answer' });
  });

  it('rejects when it is aborted, and for what is no relay URL', async () => {
    const controller = new AbortController();
    const probing = probeRelay({ url: await listen(null) }, { signal: controller.signal, clock: systemClock });
    controller.abort(new Error('not wanted any more'));
    await expect(probing).rejects.toThrow('not wanted any more');
    await expect(probeRelay({ url: 'ftp://a' }, context())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
