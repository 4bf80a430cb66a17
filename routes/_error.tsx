import { HttpError } from "fresh";
import { define } from "../lib/http.ts";

/** The page for what went wrong; programs get problem+json instead. */
export default define.page(({ error }) => {
  const { status, message } = error instanceof HttpError
    ? error
    : { status: 500, message: "The log of the service says more" };
  return (
    <main id="main" class="error">
      <h1>{status}</h1>
      <p>{message}</p>
      <a href="/">Overview</a>
    </main>
  );
});
