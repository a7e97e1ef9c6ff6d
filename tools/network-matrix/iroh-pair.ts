import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { LabHost } from '@bowline/testing/network-lab';
import { type LabChild, labChild } from '../bench/failover/lab-child.ts';

/** Two endpoints of iroh alone, on the hosts of a lab beside the devices: every fault strikes both alike. Asked one thing at a time. */
export interface IrohPair extends AsyncDisposable {
  /** Milliseconds until the phone's has answered the laptop's; never, while nothing connects them. */
  answered(): Promise<number>;
  /** Starts the phone's again, after everything on its host was killed. */
  restart(): Promise<void>;
  /** Starts both anew. */
  renew(): Promise<void>;
}

export interface IrohPairSetup {
  readonly laptop: LabHost;
  readonly phone: LabHost;
  readonly relayUrl: string | null;
}

const PROGRAM = fileURLToPath(new URL('iroh-device.ts', import.meta.url));

/** The same each time, so that whoever knows where the other was finds it there again. */
const PORT = 41_000;

const newKey = (): string => randomBytes(32).toString('hex');

export const startIrohPair = async ({ laptop, phone, relayUrl }: IrohPairSetup): Promise<IrohPair> => {
  const phoneKey = newKey();
  const start = async (host: LabHost, key: string, ...peer: readonly string[]): Promise<LabChild & { id: string }> => {
    const child = labChild(host, [PROGRAM, key, String(PORT), relayUrl ?? '-', ...peer]);
    const { id } = await child.next('online');
    return { ...child, id: String(id) };
  };
  const listen = (): Promise<LabChild & { id: string }> => start(phone, phoneKey);
  const dial = ({ id }: { readonly id: string }): Promise<LabChild & { id: string }> => {
    const ip = phone.address.includes(':') ? `[${phone.address}]` : phone.address;
    return start(laptop, newKey(), id, `${ip}:${PORT}`);
  };
  let listening = await listen();
  let dialling = await dial(listening);
  const end = async (): Promise<void> => {
    await Promise.all([dialling[Symbol.asyncDispose](), listening[Symbol.asyncDispose]()]);
  };
  return {
    answered: async () => {
      dialling.process.stdin?.write('ask\n');
      return Number((await dialling.next('answered')).afterMs);
    },
    restart: async () => {
      listening = await listen();
    },
    renew: async () => {
      await end();
      listening = await listen();
      dialling = await dial(listening);
    },
    [Symbol.asyncDispose]: end,
  };
};
