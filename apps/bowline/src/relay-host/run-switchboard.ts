import type { Readable } from 'node:stream';
import { errorCode, parseRelayUrl, type RelaySettings, type RelayUrl } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { aborted } from '../command-context.ts';
import { WrongUseError } from '../errors.ts';
import type { Printer } from '../output/printer.ts';
import { eventSentence } from '../output/sentences.ts';
import { readText } from '../read-text.ts';

/** What a switchboard without a device runs with. */
export interface LoneSwitchboardInput {
  readonly port: number;
  readonly relayUrls: readonly string[];
  readonly token: string | undefined;
  readonly access: HostOptions['relayAccess'];
  /** Where the endpoint's secret key comes from. */
  readonly keyInput: Readable;
}

/** What it needs of its command. */
export interface LoneSwitchboardRun {
  readonly components: HostComponents;
  readonly printer: Printer;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** More than a key and a line break: it can be said what is wrong with a longer text. */
const MAX_KEY_TEXT_BYTES = 1_024;

/**
 * Runs a switchboard for one endpoint that is no device of ours, until `signal`.
 *
 * @throws WrongUseError, `SWITCHBOARD_PORT_TAKEN`, `SWITCHBOARD_RELAY_LOOP`
 */
export const runSwitchboard = async (
  { access, keyInput, port: asked, relayUrls, token }: LoneSwitchboardInput,
  { components, printer, signal }: LoneSwitchboardRun,
): Promise<void> => {
  const relays = relayUrls.map((url): RelaySettings => ({ url: relayUrlOf(url), token: token ?? null, tier: 0 }));
  const secretKey = await readKey(keyInput);
  const [{ relaySwitchboardWorker }, { supervise }] = await Promise.all([
    import('@bowline/relay-switchboard'),
    import('@bowline/supervisor'),
  ]);
  const worker = supervise({ definition: relaySwitchboardWorker, options: access ?? {}, kind: 'inline' }, components);
  const { client } = worker;
  client.on('relay.stateChanged', ({ url, state, downReason }) => {
    const told = { event: 'relay.stateChanged', url, state, downReason } as const;
    printer.result(told, eventSentence(told));
  });
  client.on('relay.homeChanged', ({ homeRelayUrl, previous, reason }) => {
    const told = { event: 'relay.homeChanged', homeRelayUrl, previous, reason } as const;
    printer.result(told, eventSentence(told));
  });
  await worker.start();
  try {
    const { loopbackUrl, port } = await client.request('listen', { port: asked });
    const { endpointId } = await client.request('admit', { secretKey });
    secretKey.fill(0);
    printer.result(
      { event: 'listening', url: loopbackUrl, port, endpointId },
      `Endpoint ${endpointId} has one relay: ${loopbackUrl}. Others reach it at ${relayUrls.join(', ')}.`,
    );
    await client.request('configureRelays', { relays }).catch(asWrongUse);
    await aborted(signal);
  } finally {
    await worker.stop();
  }
};

const relayUrlOf = (text: string): RelayUrl => {
  const url = parseRelayUrl(text);
  if (url === undefined) throw new WrongUseError(`--relay ${text} is no relay URL such as https://relay.example.org.`);
  return url;
};

/** A relay given twice, or too many of them. */
const asWrongUse = (error: unknown): never => {
  if (errorCode(error) !== 'SWITCHBOARD_BAD_REQUEST' || !(error instanceof Error)) throw error;
  throw new WrongUseError(`--relay: ${error.message}`);
};

/** The key is a secret: no option, which everybody on the machine could read, and in no message. */
const readKey = async (input: Readable): Promise<Uint8Array> => {
  const text = (await readText(input, MAX_KEY_TEXT_BYTES, 'A secret key')).trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new WrongUseError('Standard input must be the secret key of the endpoint, as 64 hexadecimal digits.');
  }
  return Uint8Array.from(Buffer.from(text, 'hex'));
};
