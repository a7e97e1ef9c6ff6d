import type { Actor, ActorComponents, Cancel, RelayRefreshChannel } from '@bowline/contracts';
import { type RelayRefreshOptionsInput, resolveRelayRefreshOptions } from './options.ts';
import { ownRecord } from './own-record.ts';
import { peerRecords } from './peer-records.ts';
import { sweep } from './sweep.ts';

/**
 * Keeps relay information fresh: tells when to push our record, whom to ask, and what a peer's new record is.
 *
 * The host starts it once this run's incarnation is known, with what the store knows of the peers. It owns one timer.
 *
 * @throws {@link InvalidOptionError} at once.
 */
export const relayRefresh = (input: RelayRefreshOptionsInput) => {
  const options = resolveRelayRefreshOptions(input);
  return (components: ActorComponents<RelayRefreshChannel>): Actor<RelayRefreshChannel> => {
    const { clock, emit, random } = components;
    const logger = components.logger.child({ component: 'relay-refresh' });
    const own = ownRecord(options);
    const peers = peerRecords(options.knownRecords);
    const silence = sweep(options, random);
    let isStarted = false;
    let timer: { readonly atMs: number; readonly cancel: Cancel } | undefined;

    const disarm = (): void => {
      timer?.cancel();
      timer = undefined;
    };
    const arm = (nowMs: number): void => {
      const times = [own.pushAtMs, peers.tellAtMs, silence.lookAtMs].filter((atMs) => atMs !== null);
      const atMs = times.length === 0 || !isStarted ? undefined : Math.min(...times);
      if (atMs === timer?.atMs) return;
      disarm();
      if (atMs !== undefined) timer = { atMs, cancel: clock.setTimer(Math.max(0, atMs - nowMs), onTimer) };
    };
    const onTimer = (): void => {
      timer = undefined;
      advance();
    };

    const push = (nowMs: number): void => {
      const deviceIds = own.takePush(nowMs);
      if (deviceIds.length === 0) return;
      logger.debug({ deviceCount: deviceIds.length, revision: own.relayInfo.revision }, 'relay record to push');
      emit('push.due', { deviceIds, relayInfo: own.relayInfo });
    };
    const tellChanges = (nowMs: number): void => {
      while (isStarted) {
        const change = peers.takeChange(nowMs);
        if (change === undefined) return;
        logger.debug({ ...change }, 'relay record of a device changed');
        emit('relayInfo.changed', change);
      }
    };
    const ask = (nowMs: number): void => {
      for (const deviceId of silence.takeSilent(nowMs)) {
        if (isStarted) emit('ask.due', { deviceId });
      }
    };
    /** Tells all that is due and sets the timer for the rest. Whoever is told may ask for more at once. */
    const advance = (): void => {
      const nowMs = clock.monotonicMs();
      if (isStarted) push(nowMs);
      if (isStarted) tellChanges(nowMs);
      if (isStarted) ask(nowMs);
      arm(nowMs);
    };

    return {
      start: async () => {
        isStarted = true;
        advance();
      },
      stop: async () => {
        isStarted = false;
        disarm();
      },
      handlers: {
        presentSelf: ({ relayUrls }) => {
          const isChanged = own.present(relayUrls, silence.linked(), clock.monotonicMs());
          if (isChanged) logger.info({ ...own.relayInfo }, 'own relays changed');
          advance();
        },
        own: () => ({ relayInfo: own.relayInfo }),
        reportLinked: ({ deviceId }) => {
          silence.add(deviceId, clock.monotonicMs());
          own.linked(deviceId, clock.monotonicMs());
          advance();
        },
        reportUnlinked: ({ deviceId }) => {
          silence.delete(deviceId);
          own.unlinked(deviceId);
          advance();
        },
        learn: ({ deviceId, relayInfo }) => {
          silence.heard(deviceId, clock.monotonicMs());
          const isNews = peers.learn(deviceId, relayInfo);
          if (!isNews) logger.debug({ deviceId, revision: relayInfo.revision }, 'relay record is old news');
          advance();
        },
        forget: ({ deviceId }) => {
          silence.delete(deviceId);
          own.unlinked(deviceId);
          peers.forget(deviceId);
          advance();
        },
      },
    };
  };
};
