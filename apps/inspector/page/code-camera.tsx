import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** What browsers that read bar codes offer; no type of TypeScript's own yet. */
interface CodeReader {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}

declare const BarcodeDetector: { new (options: { readonly formats: readonly string[] }): CodeReader } | undefined;

/** How often a picture is searched, milliseconds: as fast as a hand moves, and cheap. */
const LOOK_EVERY_MS = 250;

/** Whether this browser reads QR codes, and lets a page look through a camera. */
export const canReadCodes = (): boolean =>
  typeof BarcodeDetector !== 'undefined' && navigator.mediaDevices?.getUserMedia !== undefined;

/** Looks through the camera until it sees a QR code, or the person has had enough. Pictures stay in this page. */
export const CodeCamera = ({
  onCode,
  onClose,
}: {
  readonly onCode: (text: string) => void;
  readonly onClose: () => void;
}) => {
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal('');

  useEffect(() => {
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;

    const look = async (reader: CodeReader): Promise<void> => {
      if (isOver || video.current === null) return;
      // A picture that cannot be read yet is followed by one that can.
      const [code] = await reader.detect(video.current).catch(() => []);
      if (isOver) return;
      if (code === undefined) timer = setTimeout(() => void look(reader), LOOK_EVERY_MS);
      else onCode(code.rawValue);
    };

    const begin = async (): Promise<void> => {
      try {
        const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
        stream = opened;
        if (isOver || video.current === null || BarcodeDetector === undefined) {
          end();
          return;
        }
        video.current.srcObject = opened;
        await video.current.play();
        await look(new BarcodeDetector({ formats: ['qr_code'] }));
      } catch {
        if (!isOver) problem.value = 'The camera is not there, or this page may not use it.';
      }
    };

    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };

    void begin();
    return end;
  }, []);

  return (
    <div>
      {problem.value === '' ? (
        <video ref={video} class="camera" muted playsInline aria-label="What the camera sees" />
      ) : (
        <p role="alert">{problem.value}</p>
      )}
      <button type="button" onClick={onClose}>
        Close the camera
      </button>
    </div>
  );
};
