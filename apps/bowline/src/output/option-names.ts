/** What a person calls the options of the host that can be wrong, by their names there. */
const FLAGS: Readonly<Record<string, string>> = {
  bind: '--bind',
  dataDir: '--data-dir',
  mdns: '--no-mdns',
  'metrics.port': '--metrics-port',
  name: 'A name',
  relay: 'The choice of relays',
  'relay.urls': 'A relay',
  'relay.urls.quicPort': 'The port behind #quic=',
  'relay.urls.token': 'BOWLINE_RELAY_TOKEN',
  'relayAccess.caCertificates': '--relay-ca',
  ttlMs: '--ttl',
};

/** The sentence of a refused option in the words of the command line. */
export const optionSentence = (message: string, option: unknown): string => {
  const name = String(option).replace(/\[\d+\]/g, '');
  const flag = FLAGS[name];
  return flag === undefined ? message : message.replace(`Option "${String(option)}"`, flag);
};
