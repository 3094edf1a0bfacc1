/** Names of tensors and arrays as checkpoints keep them: `network.stem/kernel`, `optimizer.first.0`. */

/** The object under names that begin with `prefix`. */
export function prefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]));
}

/** What has such a name, without the prefix. */
export function unprefixed<T>(prefix: string, object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}
