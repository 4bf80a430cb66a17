import { curl, type Shell } from "./shell.ts";

/** What there is to do while nothing has come. */
export function Empty({ shell }: { shell: Shell }) {
  return (
    <section class="card empty">
      <h2>No events yet</h2>
      <p>
        Publish one from a shell, <a href="/dashboard/publish">by a form</a>, or many with{" "}
        <code>npx -y deno@2.9.6 task publish</code>:
      </p>
      <pre tabIndex={0}>{`${curl(shell, "/publish")} -H 'content-type: application/json' -d '{
  "topic": "app.log.hello",
  "event_id": "1",
  "timestamp": "2026-11-22T09:30:00Z",
  "source": "me",
  "payload": { "content": "Hello" }
}'`}</pre>
    </section>
  );
}
