import {
  type Actor,
  type ActorComponents,
  type Cancel,
  type DeviceId,
  peersGone,
  type RefreshedPeer,
  type RelayInfo,
  type RelayRefreshChannel,
} from '@bowline/contracts';
import { type RelayRefreshOptionsInput, resolveRelayRefreshOptions } from './options.ts';
import { ownRecord } from './own-record.ts';
import { peerRecords } from './peer-records.ts';
import { sweep } from './sweep.ts';

/**
 * Keeps relay information fresh: tells when to push our record, whom to ask, and what a peer's new record is.
 *
 * The host starts it once this run's incarnation is known, and tells it the peers whenever it is ready. It owns one timer.
 *
 * @throws {@link InvalidOptionError} at once.
 */
export const relayRefresh = (input: RelayRefreshOptionsInput) => {
  const options = resolveRelayRefreshOptions(input);
  return (components: ActorComponents<RelayRefreshChannel>): Actor<RelayRefreshChannel> => {
    const { clock, emit, random } = components;
    const logger = components.logger.child({ component: 'relay-refresh' });
    const own = ownRecord(options);
    const peers = peerRecords();
    const silence = sweep(options, random);
    /** What was told of each peer last. */
    const told = new Map<DeviceId, RefreshedPeer>();
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

    const forget = (deviceId: DeviceId): void => {
      told.delete(deviceId);
      silence.delete(deviceId);
      own.unlinked(deviceId);
      peers.forget(deviceId);
    };
    const setLinked = (deviceId: DeviceId, isLinked: boolean, nowMs: number): void => {
      if (isLinked) {
        silence.add(deviceId, nowMs);
        own.linked(deviceId, nowMs);
      } else {
        silence.delete(deviceId);
        own.unlinked(deviceId);
      }
    };
    const hear = (deviceId: DeviceId, heard: RelayInfo, nowMs: number): void => {
      silence.heard(deviceId, nowMs);
      const isNews = peers.learn(deviceId, heard);
      if (!isNews) logger.debug({ deviceId, revision: heard.revision }, 'relay record is old news');
    };
    const setPeer = (peer: RefreshedPeer, nowMs: number): void => {
      const { deviceId, pairing, isLinked, relayInfo, heard } = peer;
      if (told.get(deviceId)?.pairing !== pairing) forget(deviceId);
      const before = told.get(deviceId);
      told.set(deviceId, peer);
      if (relayInfo !== null) peers.know(deviceId, relayInfo);
      if (isLinked !== (before?.isLinked ?? false)) setLinked(deviceId, isLinked, nowMs);
      if (heard !== null) hear(deviceId, heard, nowMs);
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
        presentSelf: ({ relayUrls, last = null }) => {
          if (last !== null) own.goOnFrom(last);
          const isChanged = own.present(relayUrls, silence.linked(), clock.monotonicMs());
          if (isChanged) logger.info({ ...own.relayInfo }, 'own relays changed');
          advance();
          return { relayInfo: own.relayInfo };
        },
        setPeers: (list) => {
          const nowMs = clock.monotonicMs();
          for (const deviceId of peersGone(list, told.keys())) forget(deviceId);
          for (const peer of list.peers) setPeer(peer, nowMs);
          advance();
        },
      },
    };
  };
};
