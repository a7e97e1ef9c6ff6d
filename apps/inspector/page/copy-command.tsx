import { notice } from './act.ts';
import { snapshot } from './model.ts';
import { type Named, shellWord, wordOf } from './shell-words.ts';

/** A device as a command names it. */
export const deviceWord = (device: Named): string => wordOf(device, snapshot.value?.status.peers ?? []);

export { shellWord };

/** Hands the command that does the same to the clipboard. @param command without what begins every command of this device */
export const CopyCommand = ({ command: rest }: { readonly command: string }) => {
  const begins = snapshot.value?.command ?? null;
  // An app that shows this page has no commands.
  if (begins === null) return null;
  const command = `${begins} ${rest}`;
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
