/**
 * Programs that some tests need and a machine may not have.
 */

/** Whether a program is there: it runs, and ends well. */
export async function isInstalled(program: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, { args }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A test that runs where a program is there, and else says that it did not. */
export function testWith(program: string, there: boolean, name: string, fn: () => Promise<void>) {
  const suffix = there ? "" : ` (skipped: ${program} is not installed)`;
  Deno.test({ name: name + suffix, ignore: !there, fn });
}
