/** What a device that was shown to run twice notes of itself, where it notes what is wrong with its store. */
export const IDENTITY_CLONED = 'IDENTITY_CLONED';
