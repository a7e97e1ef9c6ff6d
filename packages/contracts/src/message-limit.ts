/** What one message may hold, in bytes of its text or its own bytes: 256 KiB. Every other bound on messages is made from it. */
export const MAX_MESSAGE_BODY_BYTES = 262_144;
