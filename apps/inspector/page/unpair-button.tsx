import { useSignal } from '@preact/signals';
import { act } from './act.ts';
import { DeviceName } from './device-name.tsx';
import { useFocusKept } from './focus-kept.ts';

/** Forgets a device, after a second press that says so. */
export const UnpairButton = ({ deviceId, name }: { readonly deviceId: string; readonly name: string }) => {
  const isAsking = useSignal(false);
  const place = useFocusKept<HTMLSpanElement>(isAsking.value);
  return (
    <span class="unpair" tabIndex={-1} ref={place}>
      {isAsking.value ? (
        <>
          <span>It can come back only by pairing again.</span>
          <button type="button" class="danger" onClick={() => act('unpair', { deviceId })}>
            Unpair <DeviceName name={name} />
          </button>
          <button type="button" onClick={() => (isAsking.value = false)}>
            Keep it
          </button>
        </>
      ) : (
        <button type="button" onClick={() => (isAsking.value = true)}>
          Unpair…
        </button>
      )}
    </span>
  );
};
