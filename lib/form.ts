/**
 * What a form of a page has sent.
 */
import { ProblemError } from "./errors.ts";
import { MAX_FORM_BYTES } from "./limits.ts";

/**
 * Reads the fields of a form.
 *
 * @throws {ProblemError} 413 if they are too large, 415 if it is not the body of a form
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
    throw new ProblemError(
      415,
      "Unsupported media type",
      "A form sends application/x-www-form-urlencoded",
    );
  }
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of request.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_FORM_BYTES) {
      throw new ProblemError(
        413,
        "Body too large",
        `At most ${MAX_FORM_BYTES} bytes may come at once`,
      );
    }
  }
  return new URLSearchParams(text + decoder.decode());
}
