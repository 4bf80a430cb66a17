import { page } from "fresh";
import { Head } from "fresh/runtime";
import { ApiPage } from "./(_docs)/page.tsx";
import { define, methods } from "../lib/http.ts";
import { apiDocument } from "../lib/openapi/document.ts";

/** The API, for people. */
export const handler = methods({
  GET: () => page(apiDocument()),
});

export default define.page<typeof handler>(({ data: document }) => (
  <main id="main" class="docs">
    <Head>
      <title>API · Sekali</title>
    </Head>
    <ApiPage document={document} />
  </main>
));
