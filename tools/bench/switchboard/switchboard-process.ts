import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { brandAs, type RelayUrl, relaySwitchboardChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { type MeasuredProcess, measured } from '../relay-load/relay-process.ts';

/** A switchboard as it runs beside a device: a process of its own, logged in at one relay. */
export interface SwitchboardProcess extends MeasuredProcess {
  /** Of its loopback relay. */
  readonly port: number;
}

const worker = fileURLToPath(import.meta.resolve('@bowline/relay-switchboard/worker'));

export const switchboardProcess = async (secretKey: Uint8Array, relayPort: number): Promise<SwitchboardProcess> => {
  const child = spawn(process.execPath, [worker], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, BOWLINE_LOG: 'error' },
  });
  const channel = await connectChannel(relaySwitchboardChannel, jsonLinesTransport(child.stdout, child.stdin), {
    clock: systemClock,
    greeting: { options: {} },
  });
  const home = Promise.withResolvers<unknown>();
  channel.on('relay.homeChanged', home.resolve);
  const { port } = await channel.request('listen', { port: 0 });
  await channel.request('admit', { secretKey });
  const url = brandAs<RelayUrl>(`http://127.0.0.1:${relayPort}/`);
  await channel.request('configureRelays', { relays: [{ url, token: null, tier: 0 }] });
  await home.promise;
  return { port, ...measured(child) };
};
