import { cleanDisplayName, type DeviceCard } from '@bowline/contracts';
import { boundedString } from '@bowline/wire-format';
import { z } from 'zod';

/** A clean name has at most 64 characters; before cleaning it may have four times as many, Unicode code points all. */
const MAX_NAME_CHARACTERS = 256;

/** `process.platform` is at most nine characters today. */
const MAX_PLATFORM_CHARACTERS = 32;

/** A card as it stands in a frame. Proofs cover it as sent; {@link cleanDeviceCard} makes it fit for screens. */
export const deviceCardSchema: z.ZodType<DeviceCard> = z.strictObject({
  name: boundedString(MAX_NAME_CHARACTERS),
  platform: boundedString(MAX_PLATFORM_CHARACTERS),
});

/** The card with control and direction-changing characters removed; a name that is nothing else becomes "unnamed device". */
export const cleanDeviceCard = (card: DeviceCard): DeviceCard => ({
  name: cleanDisplayName(card.name) || 'unnamed device',
  platform: /^[a-z0-9]+$/.test(card.platform) ? card.platform : 'unknown',
});

/** Our own card cut to what a frame may hold. */
export const boundedDeviceCard = (card: DeviceCard): DeviceCard => ({
  name: cleanDisplayName(card.name),
  platform: card.platform.slice(0, MAX_PLATFORM_CHARACTERS),
});
