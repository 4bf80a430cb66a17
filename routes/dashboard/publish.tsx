import { page } from "fresh";
import { Head } from "fresh/runtime";
import PublishForm, { type PublishFormProps } from "../../islands/PublishForm.tsx";
import SampleRun from "../../islands/SampleRun.tsx";
import { exampleForm } from "../../lib/browser/publish_form.ts";
import { readForm } from "../../lib/form.ts";
import { define, methods, shellOf } from "../../lib/http.ts";
import { fieldsOf, publishForm, publishSample } from "../../lib/publish_page.ts";

interface Data extends PublishFormProps {
  /** Whether the thousand were just sent. */
  readonly sent: boolean;
}

/** A form that publishes an event, and a button that publishes a thousand. */
export const handler = methods<Data>({
  GET({ url, state: { aggregator } }) {
    const sent = url.searchParams.get("sent") === "sample";
    const shell = shellOf(url, aggregator);
    return page({ form: exampleForm(new Date()), result: null, sent, shell });
  },
  async POST({ req, url, state: { aggregator, grants } }) {
    const fields = await readForm(req, aggregator.config);
    if (fields.get("action") === "sample") {
      await publishSample(aggregator, grants);
      return new Response(null, {
        status: 303,
        headers: { location: `${url.pathname}?sent=sample` },
      });
    }
    const form = fieldsOf(fields);
    const result = await publishForm(aggregator, form, grants, req.signal);
    return page({ form, result, sent: false, shell: shellOf(url, aggregator) }, {
      status: result.status === "invalid" ? 422 : 200,
    });
  },
});

export default define.page<typeof handler>(({ data: { sent, ...props } }) => (
  <main id="main">
    <Head>
      <title>Publish · Sekali</title>
    </Head>
    <h1>Publish</h1>
    <PublishForm {...props} />
    <SampleRun sent={sent} />
  </main>
));
