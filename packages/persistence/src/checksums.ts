import { ROW_CHECKSUM } from './row-checksum.ts';

/** SQL: what the column `checksum` of the identity must be. */
export const IDENTITY_CHECKSUM = `${ROW_CHECKSUM}(endpoint_id, name, sealed_secret_key, incarnation, made_at_ms)`;

/** SQL: what the column `checksum` of a device must be. Covers its relays and addresses, so it is renewed with them. */
export const DEVICE_CHECKSUM = `${ROW_CHECKSUM}(devices.device_id, endpoint_id, name, platform, pairing_state,
  pairing_order, paired_at_ms, devices.incarnation, received_incarnation, received_sequence, last_seen_at_ms,
  (SELECT json_array(home_relay_url, revision, relay_info.incarnation, updated_at_ms)
    FROM relay_info WHERE relay_info.device_id = devices.device_id),
  (SELECT group_concat(rank || ' ' || url, char(10) ORDER BY rank)
    FROM relay_urls WHERE relay_urls.device_id = devices.device_id),
  (SELECT group_concat(address || ' ' || seen_at_ms, char(10) ORDER BY address)
    FROM direct_addresses WHERE direct_addresses.device_id = devices.device_id))`;

/** SQL: what the column `checksum` of an entry of the journal must be. */
export const JOURNAL_CHECKSUM = `${ROW_CHECKSUM}(position, at_ms, event, device_id, size_bytes, data)`;

/** SQL: what the column `checksum` of a line of the timeline must be. */
export const TIMELINE_CHECKSUM = `${ROW_CHECKSUM}(position, device_id, at_ms, kind, path, relay, cause, duration_ms)`;

/** SQL: what the column `checksum` of what a device told of itself must be. */
export const DEVICE_FACTS_CHECKSUM = `${ROW_CHECKSUM}(device_id, at_ms, facts)`;

/** SQL: what the column `checksum` of a received message must be. */
export const INBOX_CHECKSUM = `${ROW_CHECKSUM}(position, device_id, device_name, at_ms, size_bytes, payload)`;

/** SQL: what the column `checksum` of a message to be sent must be. */
export const OUTBOX_CHECKSUM = `${ROW_CHECKSUM}(position, device_id, message_id, at_ms, size_bytes, payload)`;

/** SQL: what the column `checksum` of a blocked device must be. */
export const BLOCKED_CHECKSUM = `${ROW_CHECKSUM}(device_id, endpoint_id, name, blocked_at_ms)`;

/** SQL: what the column `checksum` of what was decided of a device must be. */
export const TRUST_CHECKSUM = `${ROW_CHECKSUM}(device_id, pairing_id, note, compared_at_ms, permissions, claim)`;
