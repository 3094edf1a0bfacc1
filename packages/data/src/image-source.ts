/** Where the bytes of an image come from: a file of its own, or a part of one that is in memory already. */
export type ImageSource = string | NamedBytes;

export interface NamedBytes {
  /** For errors, such as 'shard-000000.tar: 17.jpg'. */
  readonly name: string;
  readonly bytes: Buffer;
}

export function nameOf(source: ImageSource): string {
  return typeof source === 'string' ? source : source.name;
}
