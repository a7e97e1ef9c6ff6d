/** Bytes that went each way. */
export interface ByteCount {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}
