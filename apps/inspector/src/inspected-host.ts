import type {
  Cancel,
  ConfirmationPolicy,
  DeviceCheck,
  DeviceDiagnosis,
  DeviceId,
  DeviceTimeline,
  HostEvent,
  HostStatus,
  JournalEntry,
  MachinesReport,
  MachineTransition,
  PeerDevice,
  RelayAnswer,
  RelayBudget,
  RelayChoice,
  RelayUrl,
  TrafficReport,
} from '@bowline/contracts';
import type { ClientSession } from '@bowline/pairing-sessions/client-sessions';

/** A code that is shown on a page. */
interface InspectedOffer extends ClientSession {
  readonly words: string;
  readonly ticket: string;
  readonly expiresAtMs: number;
}

/**
 * What the inspector uses of a host, in the words of its embedding API, which gives itself. Everything shown comes from
 * here; there is no second source.
 */
export interface InspectedHost {
  check(): Promise<readonly DeviceCheck[]>;
  device(id: DeviceId): {
    services(options: { readonly signal: AbortSignal }): Promise<readonly { readonly name: string }[]>;
  };
  devices(): readonly PeerDevice[];
  dropRelay(url: RelayUrl): Promise<boolean>;
  explain(deviceId: DeviceId): Promise<DeviceDiagnosis>;
  join(code: string, options: { readonly policy: ConfirmationPolicy }): Promise<ClientSession>;
  journal(range: { readonly afterPosition: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  machines(): Promise<MachinesReport>;
  onAny(listener: (event: HostEvent) => void): Cancel;
  onTransition(listener: (transition: MachineTransition) => void): Cancel;
  pair(options: { readonly policy: ConfirmationPolicy }): Promise<InspectedOffer>;
  reconnect(deviceId: DeviceId): Promise<void>;
  rename(deviceId: DeviceId, name: string): Promise<void>;
  setRelayBudget(budget: RelayBudget | null): Promise<void>;
  setRelays(choice: RelayChoice): Promise<readonly RelayAnswer[]>;
  status(): Promise<HostStatus>;
  timeline(deviceId: DeviceId, range: { readonly sinceMs: number }): Promise<DeviceTimeline>;
  traffic(): Promise<TrafficReport>;
  unpair(deviceId: DeviceId): Promise<void>;
}
