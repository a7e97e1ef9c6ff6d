import { HostNotRunningError } from './errors.ts';
import { eventHub } from './event-hub.ts';
import type { Host } from './host.ts';
import { machineComponents } from './machine-components.ts';
import { messageHandlerSlot } from './messages/message-handler.ts';
import { deviceMethods } from './methods/device-methods.ts';
import { diagnosisMethods } from './methods/diagnosis-methods.ts';
import { messageMethods } from './methods/message-methods.ts';
import { pairingMethods } from './methods/pairing-methods.ts';
import { pushMethods } from './methods/push-methods.ts';
import { relayMethods } from './methods/relay-methods.ts';
import { serviceMethods } from './methods/service-methods.ts';
import { trustMethods } from './methods/trust-methods.ts';
import { mountedInspectors } from './mounted-inspectors.ts';
import { openHost, type RunningHost } from './open-host.ts';
import { type HostOptions, resolveHostOptions } from './options.ts';
import type { PlacementComponents } from './system.ts';

/**
 * Makes one device. What its methods do stands beside each other in `methods/`.
 *
 * @throws `INVALID_OPTION` for options that break their rule; nothing is started or written before `start`
 */
export const createHost = (options: HostOptions, given: Partial<PlacementComponents> = {}): Host => {
  const resolved = resolveHostOptions(options);
  const machine: PlacementComponents = machineComponents(given);
  const hub = eventHub(machine);
  const messageHandler = messageHandlerSlot();
  const inspectors = mountedInspectors(machine);
  let starting: Promise<RunningHost> | undefined;
  let running: RunningHost | undefined;

  const now = (): RunningHost => {
    if (running === undefined) throw new HostNotRunningError();
    return running;
  };

  const stop = async (): Promise<void> => {
    const stopping = await starting?.catch(() => undefined);
    starting = undefined;
    running = undefined;
    await inspectors.stop();
    await stopping?.stop();
  };

  const messages = messageMethods(now, messageHandler);
  const host: Host = {
    start: async () => {
      starting ??= openHost(resolved, { ...machine, hub, messageHandler });
      try {
        running = await starting;
      } catch (error) {
        starting = undefined;
        throw error;
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
    get self() {
      return now().system.own.current.device;
    },
    ...pairingMethods(now),
    ...deviceMethods(now, messages.send),
    ...trustMethods(now),
    ...serviceMethods(now),
    ...messages,
    ...pushMethods(now, machine),
    ...relayMethods(now),
    ...diagnosisMethods(now),
    inspector: async (inspectorOptions) => {
      now();
      return inspectors.mount(host, inspectorOptions);
    },
    on: hub.on,
    onAny: hub.onAny,
  };
  return host;
};
