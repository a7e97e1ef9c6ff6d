import { escapeUnseen } from '@bowline/diagnosis/phrases';

/** A value as JSON in which everything is seen: what another device said cannot reorder what stands beside it. */
export const eventJson = (value: object): string => escapeUnseen(JSON.stringify(value));
