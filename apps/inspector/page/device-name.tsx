import { namePhrase } from '@bowline/diagnosis/phrases';

/** The name of a device in what is drawn: whatever its letters are, they reorder nothing around it. */
export const DeviceName = ({ name }: { readonly name: string }) => <bdi>{namePhrase(name)}</bdi>;
