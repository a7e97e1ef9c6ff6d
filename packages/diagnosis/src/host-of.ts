/** What a person knows a relay by: the name or address of its host. @param url of a relay, checked where it came in */
export const hostOf = (url: string): string => new URL(url).hostname;
