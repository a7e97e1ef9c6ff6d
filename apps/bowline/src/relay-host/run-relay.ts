import type { Clock, Logger, Random } from '@bowline/contracts';
import { aborted } from '../command-context.ts';
import type { Printer } from '../output/printer.ts';
import { type RelaySettings, readRelaySettings } from './relay-settings.ts';
import { renewSettings } from './renew-settings.ts';
import type { ServeFlags } from './serve-flags.ts';

/** What a relay in the foreground needs of its command. */
export interface RelayRun {
  readonly components: { readonly clock: Clock; readonly random: Random; readonly logger: Logger };
  readonly printer: Printer;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs a relay until `signal`; SIGHUP has it read its files at once. @throws what is wrong with flags, files or port */
export const runRelay = async (flags: ServeFlags, { components, printer, signal }: RelayRun): Promise<void> => {
  const settings = await readRelaySettings(flags);
  const { relayServer } = await import('@bowline/relay-server');
  const server = relayServer(settings)(components);
  await server.start();
  const files = renewSettings(server, settings, () => readRelaySettings(flags), { clock: components.clock, printer });
  process.on('SIGHUP', files.lookNow);
  try {
    const { monitoringPort, port, url } = server;
    printer.result(
      { event: 'listening', url, port, metricsPort: monitoringPort },
      `The relay listens on ${url}. On your devices: bowline up --relay ${url}`,
    );
    await aborted(signal);
  } finally {
    process.off('SIGHUP', files.lookNow);
    files.stop();
    await server.stop();
  }
};

/** Says what a relay would run with, without a secret. @throws what is wrong with flags or files */
export const checkRelay = async (flags: ServeFlags, { components, printer }: RelayRun): Promise<void> => {
  const settings = await readRelaySettings(flags);
  const { relayServer, resolveRelayServerOptions } = await import('@bowline/relay-server');
  // Makes one without starting it: a certificate that does not fit its key is found here.
  relayServer(settings)(components);
  const { access, tls, ...others } = resolveRelayServerOptions(settings);
  const facts = { event: 'checked', tls: tls !== null, access: accessFacts(access), ...others };
  printer.result(facts, `Everything can be used:\n${JSON.stringify(facts, null, 2)}`);
};

const accessFacts = (access: RelaySettings['access']) => {
  if (access === 'everyone') return access;
  const { allow, callOut, deny, tokens } = access;
  return {
    tokens: tokens?.length ?? null,
    allow: allow?.length ?? null,
    deny: deny?.length ?? null,
    callOut: callOut?.url === undefined ? null : new URL(callOut.url).host,
  };
};
