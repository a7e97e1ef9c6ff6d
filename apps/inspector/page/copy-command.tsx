import { notice } from './act.ts';

/** What every shell takes as it is. */
const PLAIN = /^[\w%+:,./@][\w%+:,./@=-]*$/;

/** A device as a command names it: by its name where every shell takes that as it is, else by its id. */
export const deviceWord = (device: { readonly id: string; readonly name: string }): string =>
  PLAIN.test(device.name) ? device.name : device.id;

/** What any text is for a shell. */
export const shellWord = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Hands the command that does the same to the clipboard. */
export const CopyCommand = ({ command }: { readonly command: string }) => {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(command);
      notice.value = `Copied: ${command}`;
    } catch {
      notice.value = `This browser lets nothing be copied. The command is: ${command}`;
    }
  };
  return (
    <button type="button" title={command} onClick={() => void copy()}>
      Copy as a command
    </button>
  );
};
