import { networkInterfaces } from 'node:os';
import { aborted } from '../command-context.ts';
import type { Printer } from '../output/printer.ts';
import { demandValidNow } from './certificate-dates.ts';
import { type CertificateFacts, certificateFacts } from './certificate-facts.ts';
import { type KeptObserver, keepObserver } from './keep-observer.ts';
import { openFileLimit, tooFewFiles } from './open-files.ts';
import { type HostedRelaySettings, observerPlaceOf, readRelaySettings, readServeConfig } from './relay-settings.ts';
import { renewSettings } from './renew-settings.ts';
import { type ObserverComponents, runObserver } from './run-observer.ts';
import type { ServeFlags } from './serve-flags.ts';
import { suggestedUrl } from './suggested-url.ts';

/** What a relay in the foreground needs of its command. */
export interface RelayRun {
  readonly components: ObserverComponents;
  readonly printer: Printer;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs a relay until `signal`; SIGHUP has it read its files at once. @throws what is wrong with flags, files or ports */
export const runRelay = async (flags: ServeFlags, run: RelayRun): Promise<void> => {
  const settings = await readValidSettings(flags, run);
  const observer = await startObserver(flags, run);
  try {
    await serveUntilEnd(flags, settings, run, observer);
  } finally {
    await observer?.stop();
  }
};

const serveUntilEnd = async (
  flags: ServeFlags,
  settings: HostedRelaySettings,
  { components, printer, signal }: RelayRun,
  observer: KeptObserver | null,
): Promise<void> => {
  const { relayServer, RELAY_SERVER_DEFAULTS } = await import('@bowline/relay-server');
  const observers = observer?.observers ?? [];
  const certificate = settings.tls === null ? null : certificateFacts(settings.tls.certificatePem);
  const server = relayServer({ ...settings, observers })(components);
  observer?.onChanged((replaced) => server.replaceObservers(replaced));
  await server.start();
  const files = renewSettings(server, settings, () => readRelaySettings(flags), { clock: components.clock, printer });
  process.on('SIGHUP', files.lookNow);
  try {
    const { monitoringPort, port, url } = server;
    const suggested = suggestedUrl(
      { url, bind: settings.bindAddress ?? '', names: certificate?.names ?? [] },
      networkInterfaces(),
    );
    const observerPorts = observers.map((each) => each.port);
    printer.result(
      { event: 'listening', url, port, metricsPort: monitoringPort, observerPorts },
      `The relay listens on ${url}. On your devices: bowline up --relay ${suggested}`,
    );
    const shortage = tooFewFiles(openFileLimit(), settings.maxClients ?? RELAY_SERVER_DEFAULTS.maxClients);
    if (shortage !== null) printer.result({ event: 'fewFiles', message: shortage }, shortage);
    await aborted(signal);
  } finally {
    process.off('SIGHUP', files.lookNow);
    files.stop();
    await server.stop();
  }
};

/** A relay is worth having without an observer that nobody asked for. */
const startObserver = async (flags: ServeFlags, { components, printer }: RelayRun): Promise<KeptObserver | null> => {
  const place = observerPlaceOf(await readServeConfig(flags));
  if (place === null) return null;
  const { clock } = components;
  return await keepObserver(place.isAsked, { clock, printer, run: () => runObserver(place, components) });
};

/** Says what a relay would run with, without a secret. @throws what is wrong with flags or files */
export const checkRelay = async (flags: ServeFlags, { components, printer }: RelayRun): Promise<void> => {
  const settings = await readValidSettings(flags, { components });
  const { relayServer, resolveAddressObserverOptions, resolveRelayServerOptions } = await import(
    '@bowline/relay-server'
  );
  // Makes one without starting it: a certificate that does not fit its key is found here.
  relayServer(settings)(components);
  const observer = observerPlaceOf(await readServeConfig(flags));
  if (observer?.isAsked) resolveAddressObserverOptions(observer);
  const { access, tls, observers: _known, ...others } = resolveRelayServerOptions(settings);
  const certificate = tls === null ? null : certificateFacts(tls.certificatePem);
  const facts = { event: 'checked', tls: tls !== null, certificate, access: accessFacts(access), observer, ...others };
  printer.result(facts, `${checkedSentence(certificate)}\n${JSON.stringify(facts, null, 2)}`);
};

const checkedSentence = (certificate: CertificateFacts | null): string => {
  if (certificate === null) return 'Everything can be used, without TLS:';
  const { names, expiresAtMs } = certificate;
  const until = new Date(expiresAtMs).toISOString().slice(0, 10);
  return `Everything can be used. The certificate is for ${names.join(', ') || 'no name'}, until ${until}:`;
};

/** The settings with a certificate that devices accept now. @throws RelayCertificateOutOfDateError, as reading them does */
const readValidSettings = async (
  flags: ServeFlags,
  { components }: Pick<RelayRun, 'components'>,
): Promise<HostedRelaySettings> => {
  const settings = await readRelaySettings(flags);
  demandValidNow(settings.tls, components.clock.nowMs());
  return settings;
};

const accessFacts = (access: HostedRelaySettings['access']) => {
  if (access === 'everyone') return access;
  const { allow, callOut, deny, tokens } = access;
  return {
    tokens: tokens?.length ?? null,
    allow: allow?.length ?? null,
    deny: deny?.length ?? null,
    callOut: callOut?.url === undefined ? null : new URL(callOut.url).host,
  };
};
