import type { EventListeners } from '@bowline/channel';
import type { AppChannel, Cancel, DeviceId, DevicePresence, HostView, RequestOutput } from '@bowline/contracts';
import type { DeviceHandleComponents } from '@bowline/host';

/** What an app may look at without asking: as the daemon told it last, or as it was when the daemon went. */
export interface ViewMirror {
  /** `null` before the first word. */
  readonly view: HostView | null;
  readonly presence: DeviceHandleComponents['presence'];
  nameOf(deviceId: DeviceId): string;
  /** All of it, as it is now. */
  set(told: RequestOutput<AppChannel, 'watch'>): void;
  /** The daemon is gone, so nothing is known of any connection. */
  setOffline(): void;
  onServed(listener: (names: ReadonlySet<string>) => void): Cancel;
}

export const viewMirror = (listeners: EventListeners<AppChannel>): ViewMirror => {
  const presences = new Map<DeviceId, DevicePresence>();
  const changed = new Set<(presence: DevicePresence) => void>();
  const served = new Set<(names: ReadonlySet<string>) => void>();
  let view: HostView | null = null;

  const note = (presence: DevicePresence): void => {
    const before = presences.get(presence.id);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(presence)) return;
    presences.set(presence.id, presence);
    for (const listener of [...changed]) listener(presence);
  };
  const nameOf = (deviceId: DeviceId): string => view?.devices.find(({ id }) => id === deviceId)?.name ?? deviceId;
  const away = (id: DeviceId): DevicePresence => {
    const services = presences.get(id)?.services ?? null;
    return { id, name: nameOf(id), state: 'offline', path: null, relay: null, rttMs: null, services };
  };

  listeners.on('view.changed', (changes) => {
    if (view === null) return;
    view = { ...view, ...changes };
    if (changes.devices !== undefined) {
      const ids = new Set(changes.devices.map(({ id }) => id));
      for (const id of [...presences.keys()]) if (!ids.has(id)) presences.delete(id);
    }
    if (changes.served === undefined) return;
    const names = new Set(changes.served.map(({ name }) => name));
    for (const listener of [...served]) listener(names);
  });
  listeners.on('presence.changed', ({ presence }) => note(presence));

  return {
    get view() {
      return view;
    },
    presence: {
      of: (deviceId) => {
        const known = presences.get(deviceId) ?? away(deviceId);
        presences.set(deviceId, known);
        return known;
      },
      noteServices: (deviceId, services) => {
        const known = presences.get(deviceId);
        if (known !== undefined) note({ ...known, services });
      },
      onChanged: (listener) => {
        const own = (presence: DevicePresence): void => listener(presence);
        changed.add(own);
        return () => {
          changed.delete(own);
        };
      },
    },
    nameOf,
    set: (told) => {
      view = told.view;
      const ids = new Set(told.presences.map(({ id }) => id));
      for (const id of [...presences.keys()]) if (!ids.has(id)) presences.delete(id);
      for (const presence of told.presences) note(presence);
    },
    setOffline: () => {
      for (const id of [...presences.keys()]) note(away(id));
    },
    onServed: (listener) => {
      served.add(listener);
      return () => {
        served.delete(listener);
      };
    },
  };
};
