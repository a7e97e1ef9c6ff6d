import { describe, expect, it } from 'vitest';
import { EchoStream } from './support/echo-stream.ts';
import { RelayProcess } from './support/relay-process.ts';
import { DEAF_ADDRESSES, eventOf, TestDevice } from './support/test-device.ts';

describe('a live connection between two iroh endpoints, relayed', () => {
  it('survives the death of the relay in use without a noticeable gap', async () => {
    await using first = await RelayProcess.start();
    await using second = await RelayProcess.start();
    await using alice = await TestDevice.start([first.url, second.url]);
    await using bob = await TestDevice.start([first.url, second.url], DEAF_ADDRESSES);
    bob.serveEcho();
    const connection = await alice.dial(bob.endpointId);
    const echo = await EchoStream.open(connection);
    await echo.more(25);
    expect(connection.paths().map((path) => path.isRelay)).toEqual([true]);
    echo.resetGap();
    const route = alice.switchboard.toldOf('route.changed').at(-1);
    await (route?.relayUrl === first.url ? first : second).kill();
    await echo.more(100);
    console.info(`killed: longest gap ${echo.report.longestGapMs.toFixed(1)} ms`);
    expect(echo.report.longestGapMs).toBeLessThan(500);
    expect(connection.closeReason()).toBeNull();
    await eventOf(alice.switchboard, 'route.changed', ({ relayUrl }) => relayUrl !== route?.relayUrl);
  });
});
