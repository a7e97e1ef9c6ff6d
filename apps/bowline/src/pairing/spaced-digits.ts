/** Six digits as people read them to each other: `123 456`. */
export const spacedDigits = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`;
