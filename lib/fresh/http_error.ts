/** An error that carries the HTTP status to answer with. */
export class HttpError extends Error {
  override name = "HttpError";

  /**
   * @param status HTTP status code, 400 to 599
   * @param message text for the client; without one the default answer is the status' standard text
   */
  constructor(public status: number, message = "", options?: ErrorOptions) {
    super(message, options);
  }
}
