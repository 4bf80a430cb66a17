/**
 * What a form of a page has sent.
 */
import type { Config } from "./config.ts";
import { ProblemError } from "./errors.ts";
import { readBytes } from "./ingest/body.ts";
import { MAX_FORM_BYTES } from "./limits.ts";

/**
 * Reads the fields of a form.
 *
 * @throws {ProblemError} 408 if they come too slowly, 413 if they are too large, 415 if it is not the body of a form
 */
export async function readForm(
  request: Request,
  { bodyTimeoutMs }: Pick<Config, "bodyTimeoutMs">,
): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
    throw new ProblemError(
      "unsupported-media-type",
      "A form sends application/x-www-form-urlencoded",
    );
  }
  const bytes = await readBytes(request, { maxBodyBytes: MAX_FORM_BYTES, bodyTimeoutMs });
  return new URLSearchParams(new TextDecoder().decode(bytes));
}
