/** Longest name that is written, bytes of UTF-8: file systems take 255, and a number may be added. */
export const MAX_SAFE_NAME_BYTES = 200;

/** Where files lie that are not whole yet, within the receiver's folder. No file of a sender may be in it. */
export const PARTIAL_FOLDER = '.bowline-partial';

/** Longest extension that is kept when a name is cut, bytes. */
const MAX_EXTENSION_BYTES = 16;

/** What no name holds: what separates folders anywhere, controls, line ends, what turns the direction of text, and halves of characters. */
const FORBIDDEN = /[/\\\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/gu;

/** What Windows allows in no name. */
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]/g;

/** Names of devices, which Windows opens instead of a file, whatever extension follows. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|:|$)/iu;

/**
 * A name that can be written into a folder and stays in it, as close to the given one as that allows; a safe name is given
 * back as it is. One part of a path only.
 */
export const safeName = (name: string, { isWindows }: { readonly isWindows: boolean }): string => {
  const visible = name.replaceAll(FORBIDDEN, '_');
  // Dots and spaces at the end vanish on Windows, and would make two names one.
  const allowed = isWindows ? visible.replaceAll(FORBIDDEN_ON_WINDOWS, '_').replace(/[. ]+$/, '_') : visible;
  const cut = shortened(allowed);
  if (cut === '' || /^\.{1,2}$/.test(cut) || cut.trim() === '') return '_';
  if (DEVICE_NAME.test(cut) || cut.normalize('NFKC').toLowerCase() === PARTIAL_FOLDER) return shortened(`_${cut}`);
  return cut;
};

/** Cut in front of its extension, and never within a character. */
const shortened = (name: string): string => {
  if (Buffer.byteLength(name) <= MAX_SAFE_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  const room = MAX_SAFE_NAME_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let size = 0;
  for (const character of name) {
    size += Buffer.byteLength(character);
    if (size > room) break;
    stem += character;
  }
  return `${stem}${extension}`;
};
