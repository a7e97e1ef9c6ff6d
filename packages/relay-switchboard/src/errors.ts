import { BowlineError, type RelayUrl } from '@bowline/contracts';

/** Another program listens on the asked port: ask for another one, and tell the endpoint its new relay. */
export class SwitchboardPortTakenError extends BowlineError {
  override readonly name = 'SwitchboardPortTakenError';

  constructor(port: number, cause: unknown) {
    super({
      code: 'SWITCHBOARD_PORT_TAKEN',
      message: `Port ${port} on 127.0.0.1 is in use by another program. Listen on port 0 and give the endpoint the new relay URL.`,
      data: { port },
      cause,
    });
  }
}

/** The loopback relay is open already, on another port than the one asked for. */
export class SwitchboardListeningError extends BowlineError {
  override readonly name = 'SwitchboardListeningError';

  constructor(port: number, asked: number) {
    super({
      code: 'SWITCHBOARD_LISTENING',
      message: `The switchboard listens on port ${port} already and cannot listen on ${asked} as well. Stop it first.`,
      data: { port, asked },
    });
  }
}

/** A configured relay is the switchboard's own loopback relay: datagrams would go in circles. */
export class SwitchboardRelayLoopError extends BowlineError {
  override readonly name = 'SwitchboardRelayLoopError';

  constructor(url: RelayUrl) {
    super({
      code: 'SWITCHBOARD_RELAY_LOOP',
      message: `${url} is this device's own loopback relay, not a relay others can reach. Configure the relay's real address.`,
      data: { url },
    });
  }
}

/** A value in a request breaks its rule; nothing was changed. */
export class SwitchboardRequestError extends BowlineError {
  override readonly name = 'SwitchboardRequestError';

  constructor(field: string, rule: string) {
    super({
      code: 'SWITCHBOARD_BAD_REQUEST',
      message: `The switchboard refused a request: ${field} ${rule}. Nothing was changed.`,
      data: { field, rule },
    });
  }
}
