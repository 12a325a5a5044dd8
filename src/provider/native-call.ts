import { EngineError, type EngineErrorCode } from '../errors.js';

/** Runs a native call; its errors carry a code of ours, whatever else is thrown gets `code`. */
export function asEngineError<Result>(code: EngineErrorCode, call: () => Result): Result {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    const native = thrown as Error & { readonly code?: EngineErrorCode };
    throw new EngineError(native.code ?? code, native.message, { cause: thrown });
  }
}
