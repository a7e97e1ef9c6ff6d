import type { AppChannel, Cancel, DeviceId, Emit, HostView, RequestOutput } from '@bowline/contracts';
import type { Device, Host } from '@bowline/host';

/** Tells one app what changes of what it may look at without asking. */
export interface ViewWatch {
  /** What there is now; changes are told from here on. */
  begin(): RequestOutput<AppChannel, 'watch'>;
  /** Something may have changed. */
  look(): void;
  /** By its id, also one that was unpaired while the app had a handle on it. @throws DEVICE_NOT_FOUND */
  device(deviceId: DeviceId): Device;
  readonly cancel: Cancel;
}

const viewOf = (host: Host): HostView => ({
  self: host.self,
  devices: host.devices(),
  blocked: host.blocked(),
  served: host.served(),
  receiving: host.receiving(),
});

export const viewWatch = (host: Host, emit: Emit<AppChannel>): ViewWatch => {
  /** What was told last, by member, as JSON. */
  const told = new Map<string, string>();
  const presences = new Map<DeviceId, Cancel>();
  const handles = new Map<DeviceId, Device>();
  let isWatching = false;

  const changesOf = (view: HostView): Partial<HostView> | null => {
    const changed = Object.entries(view).filter(([member, value]) => {
      const text = JSON.stringify(value);
      if (told.get(member) === text) return false;
      told.set(member, text);
      return true;
    });
    return changed.length === 0 ? null : Object.fromEntries(changed);
  };
  const followDevices = (): void => {
    const ids = new Set(host.devices().map(({ id }) => id));
    for (const [id, cancel] of [...presences]) {
      if (ids.has(id)) continue;
      cancel();
      presences.delete(id);
    }
    for (const id of ids) {
      if (presences.has(id)) continue;
      const device = host.device(id);
      handles.set(id, device);
      const cancel = device.on('changed', (presence) => {
        look();
        emit('presence.changed', { presence });
      });
      presences.set(id, cancel);
      emit('presence.changed', { presence: device.snapshot });
    }
  };
  const look = (): void => {
    if (!isWatching) return;
    const changes = changesOf(viewOf(host));
    if (changes !== null) emit('view.changed', changes);
    if (changes?.devices !== undefined) followDevices();
  };

  return {
    begin: () => {
      const view = viewOf(host);
      changesOf(view);
      isWatching = true;
      followDevices();
      return { view, presences: view.devices.map(({ id }) => host.device(id).snapshot) };
    },
    look,
    device: (deviceId) => handles.get(deviceId) ?? host.device(deviceId),
    cancel: () => {
      isWatching = false;
      for (const cancel of presences.values()) cancel();
      presences.clear();
    },
  };
};
