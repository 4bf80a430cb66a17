/**
 * A bound for what a test waits for, so that a test fails where it would otherwise hang.
 */

/**
 * Waits for a promise, but not for ever.
 *
 * @param what it is, for the error
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
