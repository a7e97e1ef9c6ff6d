/** What one check of this device came to. */
export interface DeviceCheck {
  /** Stable; `relay HOST` for each relay. */
  readonly name: string;
  /** `skipped`: not wanted here, or not to be known now. */
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly sentence: string;
  /** In words for the person; `null` where nothing is to be done. */
  readonly remedy: string | null;
}
