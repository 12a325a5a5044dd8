/** Checks of parsed JSON; each throws an Error that says which field is wrong. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`\`${what}\` is no object`);
  return value as JsonObject;
}

export function objectAt(from: JsonObject, key: string): JsonObject {
  return objectOf(from[key], key);
}

export function textAt(from: JsonObject, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new Error(`\`${key}\` is no text`);
  return value;
}

export function numberAt(from: JsonObject, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`\`${key}\` is no finite number`);
  return value;
}

export function flagAt(from: JsonObject, key: string): boolean {
  const value = from[key];
  if (typeof value !== 'boolean') throw new Error(`\`${key}\` is neither true nor false`);
  return value;
}

export function arrayAt(from: JsonObject, key: string): readonly unknown[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new Error(`\`${key}\` is no list`);
  return value;
}

/** `null` says as little as a field that is not there. */
export function optional<Value>(
  check: (from: JsonObject, key: string) => Value,
  from: JsonObject,
  key: string,
): Value | undefined {
  return from[key] === undefined || from[key] === null ? undefined : check(from, key);
}
